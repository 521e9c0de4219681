export { GzipCodec } from './gzip-codec.js';
