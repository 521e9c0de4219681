import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { totalmem } from 'node:os';
import mysql from 'mysql2/promise';
import { lastDaemon, runningDaemon, startDaemon, untilReady } from './daemon.js';
import { createDataFolder, dataFolder, mysqlCommand, type MysqlProgram, mysqlProgram } from './mysql-program.js';
import { freePort } from './ports.js';
import { step } from './step.js';

export const MYSQL = ['mysql-a', 'mysql-b'] as const;

const PREFERRED_PORT = 23306;
const MIB = 2 ** 20;

/** DSNs of two servers: those that the environment names, else our own. */
export async function upMysql(): Promise<{ a: string; b: string }> {
  const a = namedServer('STERNA_TEST_MYSQL', MYSQL[0]);
  const b = namedServer('STERNA_TEST_MYSQL_B', MYSQL[1]);
  if (a !== undefined && b !== undefined) return { a, b };
  const program = await mysqlProgram();
  return { a: a ?? (await upServer(program, 0)), b: b ?? (await upServer(program, 1)) };
}

/** In a shell that has read `.dev/env`, the environment names our own server: that one is ours to start. */
function namedServer(setting: string, own: string): string | undefined {
  const named = process.env[setting] ?? '';
  const port = lastDaemon(own)?.ports['mysql'];
  return named === '' || (port !== undefined && named === dsnOf(port)) ? undefined : named;
}

function dsnOf(port: number): string {
  return `mysql://root@127.0.0.1:${port}/`;
}

async function upServer(program: MysqlProgram, index: 0 | 1): Promise<string> {
  const name = MYSQL[index];
  const daemon =
    runningDaemon(name) ?? (await step(`MySQL ${program.version}, ${name}`, () => startServer(program, name, index)));
  const port = daemon.ports['mysql'] ?? 0;
  await untilReady(daemon, () => answers(port));
  return dsnOf(port);
}

async function startServer(
  program: MysqlProgram,
  name: string,
  index: number,
): Promise<ReturnType<typeof runningDaemon> & object> {
  const folder = dataFolder(program, name);
  if (!existsSync(folder)) await createDataFolder(program, folder);
  // Of a killed server: where nobody reaps it, its number still answers, and MySQL would believe the file.
  await rm(`${folder}/s.sock.lock`, { force: true });
  const port = await freePort(lastDaemon(name)?.ports['mysql'] ?? PREFERRED_PORT + index);
  const daemon = await startDaemon(name, mysqlCommand(program, folder, serverOptions(port, index + 1)), {
    mysql: port,
  });
  await untilReady(daemon, () => answers(port));
  return daemon;
}

/** Durability stays as MySQL has it by default (sync_binlog, innodb_flush_log_at_trx_commit): tests kill servers. */
export function serverOptions(port: number, serverId: number, memory = totalmem() / 24): string[] {
  const size = Math.round(Math.min(Math.max(memory, 128 * MIB), 1024 * MIB));
  return [
    ...[`--port=${port}`, `--server-id=${serverId}`, '--max-connections=500', '--event-scheduler=ON'],
    ...['--log-bin', '--gtid-mode=ON', '--enforce-gtid-consistency=ON', '--binlog-expire-logs-seconds=86400'],
    ...[`--innodb-buffer-pool-size=${size}`, `--innodb-redo-log-capacity=${size}`],
  ];
}

/** Whether a server takes connections there. */
export async function answers(port: number): Promise<boolean> {
  try {
    const connection = await mysql.createConnection({ host: '127.0.0.1', port, user: 'root', connectTimeout: 2_000 });
    await connection.end();
    return true;
  } catch {
    return false; // not yet; a server that never comes up is told by `untilReady`
  }
}
