import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { canMount, MysqlProcess } from '../support/mysql-process.js';
import { connect } from '../support/servers.js';

it('a private server keeps its committed rows over kill -9 and takes options for one start', async () => {
  await using server = await MysqlProcess.start();
  const before = await connect(server.server);
  await before.query('CREATE DATABASE d');
  await before.query('CREATE TABLE d.t (id INT PRIMARY KEY)');
  await before.query('INSERT INTO d.t VALUES (1)');
  const lost = new Promise((resolve) => before.once('error', resolve));
  await server.kill();
  await expect(lost).resolves.toMatchObject({ code: 'PROTOCOL_CONNECTION_LOST' });
  await expect(connect(server.server)).rejects.toMatchObject({ code: 'ECONNREFUSED' });

  await server.start(['--super-read-only']);
  const after = await connect(server.server);
  expect((await after.query('SELECT id FROM d.t'))[0]).toEqual([{ id: 1 }]);
  await expect(after.query('INSERT INTO d.t VALUES (2)')).rejects.toMatchObject({ errno: 1290 });
  await after.end();
  await server.stop();
});

it.runIf(canMount())('a private server on a small disk says that it is full, and leaves no mount behind', async () => {
  const server = await MysqlProcess.start({
    diskMiB: 160,
    options: ['--skip-log-bin', '--innodb-redo-log-capacity=8M'],
  });
  const connection = await connect(server.server);
  await connection.query('CREATE DATABASE d');
  await connection.query('CREATE TABLE d.t (id INT PRIMARY KEY AUTO_INCREMENT, filler LONGBLOB)');
  const fill = async (): Promise<void> => {
    for (;;) await connection.query("INSERT INTO d.t (filler) VALUES (REPEAT('x', 4000000))");
  };
  await expect(fill()).rejects.toMatchObject({ errno: 1114 });
  connection.destroy();
  await server[Symbol.asyncDispose]();
  expect(existsSync(server.folder)).toBe(false);
});
