export { type ClientOptions, type ListedChange, newSuffix, SternaClient } from './sterna-client.js';
