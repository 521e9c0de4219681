import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { lastDaemon, runningDaemon, stopDaemon } from './daemon.js';
import { developmentInventory } from './development-inventory.js';
import { formatEnvFile, parseEnvFile } from './env-file.js';
import { withLock } from './lock.mjs';
import { MYSQL, upMysql } from './mysql.js';
import { DEV, ENV_FILE, INVENTORY_FILE } from './paths.js';
import { TEMPORAL, upTemporal } from './temporal.js';

const DAEMONS = [TEMPORAL, ...MYSQL];

/** Servers up, `.dev/env` and the development inventory written. @returns what `.dev/env` says */
export async function up(): Promise<Record<string, string>> {
  return exclusively(async () => {
    const mysql = await upMysql();
    const temporal = await upTemporal();
    const values = {
      TEMPORAL_ADDRESS: temporal.address,
      STERNA_INVENTORY: INVENTORY_FILE,
      STERNA_TEST_MYSQL: mysql.a,
      STERNA_TEST_MYSQL_B: mysql.b,
      STERNA_UI: temporal.ui,
    };
    writeWhole(INVENTORY_FILE, developmentInventory({ 'local-a': mysql.a, 'local-b': mysql.b }));
    writeWhole(ENV_FILE, formatEnvFile(values));
    return values;
  });
}

/** Stops what `up` started. Data and downloads stay. */
export async function down(): Promise<void> {
  await exclusively(async () => {
    for (const name of DAEMONS) console.log(`${name}: ${(await stopDaemon(name)) ? 'stopped' : 'not running'}`);
  });
}

/** @returns whether every server of ours runs */
export function status(): boolean {
  for (const name of DAEMONS) {
    const daemon = runningDaemon(name);
    const ports = Object.entries(daemon?.ports ?? {}).map(([what, port]) => `${what} 127.0.0.1:${port}`);
    console.log(daemon === undefined ? `${name}: not running` : `${name}: process ${daemon.pid}, ${ports.join(', ')}`);
  }
  return DAEMONS.every((name) => runningDaemon(name) !== undefined);
}

/** For programs that run against these servers: no other Temporal that the caller is set up for gets in the way. */
export function environmentOf(values: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('TEMPORAL_'));
  return { ...Object.fromEntries(inherited), ...values };
}

/** What the last `up` wrote, while its servers run: for a command that should start fast. */
export function readEnvironment(): Record<string, string> | undefined {
  const isUp = DAEMONS.every((name) => lastDaemon(name) === undefined || runningDaemon(name) !== undefined);
  return isUp && existsSync(ENV_FILE) ? parseEnvFile(readFileSync(ENV_FILE, 'utf8')) : undefined;
}

function exclusively<T>(work: () => Promise<T>): Promise<T> {
  mkdirSync(DEV, { recursive: true });
  return withLock(path.join(DEV, 'servers.lock'), work);
}

/** Readers see the old file or the new one, never a half. */
function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 }); // a server that the caller named may have a password
  renameSync(`${file}.new`, file);
}
