export { type ClientOptions, type ListedChange, SternaClient } from './sterna-client.js';
export { newSuffix } from './suffix.js';
