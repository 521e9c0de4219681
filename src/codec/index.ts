export { GzipCodec } from './gzip-codec.js';
export { MAX_PAYLOAD_BYTES, payloadSize } from './payload-size.js';
