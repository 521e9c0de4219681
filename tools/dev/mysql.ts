import { existsSync } from 'node:fs';
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
  const [a, b] = ['STERNA_TEST_MYSQL', 'STERNA_TEST_MYSQL_B'].map((name) => process.env[name] || undefined);
  const program = a === undefined || b === undefined ? await mysqlProgram() : undefined;
  const own = async (index: 0 | 1): Promise<string> => (program === undefined ? '' : upServer(program, index));
  return { a: a ?? (await own(0)), b: b ?? (await own(1)) };
}

async function upServer(program: MysqlProgram, index: 0 | 1): Promise<string> {
  const name = MYSQL[index];
  const daemon =
    runningDaemon(name) ?? (await step(`MySQL ${program.version}, ${name}`, () => startServer(program, name, index)));
  const port = daemon.ports['mysql'] ?? 0;
  await untilReady(daemon, () => answers(port));
  return `mysql://root@127.0.0.1:${port}/`;
}

async function startServer(
  program: MysqlProgram,
  name: string,
  index: number,
): Promise<ReturnType<typeof runningDaemon> & object> {
  const folder = dataFolder(program, name);
  if (!existsSync(folder)) await createDataFolder(program, folder);
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
