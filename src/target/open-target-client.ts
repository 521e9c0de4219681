import type { TargetType } from '../contract/index.js';
import { openMysqlClient, type TargetOptions } from './mysql-target-client.js';
import type { TargetClient } from './target-client.js';

const OPENERS: Readonly<Record<TargetType, (options: TargetOptions) => Promise<TargetClient>>> = {
  mysql: openMysqlClient,
};

/** Opens a client without connecting: the first operation connects. */
export function openTargetClient(type: TargetType, options: TargetOptions): Promise<TargetClient> {
  return OPENERS[type](options);
}
