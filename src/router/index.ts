export { openRouter } from './open-router.js';
export { type RouterStats, TargetRouter, type TargetRouterOptions } from './target-router.js';
