export { type RouterStats, TargetRouter, type TargetRouterOptions } from './target-router.js';
