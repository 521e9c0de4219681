import { afterAll, beforeAll, it } from 'vitest';
import { expectFence } from '../support/fence.js';
import { MysqlProcess } from '../support/mysql-process.js';

let server: MysqlProcess;
beforeAll(async () => {
  server = await MysqlProcess.start();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

it('never reads a row before its commit is visible, though the binlog has it already (E2)', async () => {
  await expectFence(server.server, 'UPDATE');
});
