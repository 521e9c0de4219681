import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '../..');

/** Everything that the tools install, start or write; ignored by git. */
export const DEV = path.join(ROOT, '.dev');

export const CACHE = path.join(DEV, 'cache');
export const ENV_FILE = path.join(DEV, 'env');
export const INVENTORY_FILE = path.join(DEV, 'inventory.yaml');
