export { openRouter } from './open-router.js';
export { type RouterStats, TargetRouter, type TargetRouterOptions, type UseOptions } from './target-router.js';
