import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { MysqlServer } from '../../src/mysql/index.js';

it('closes while it connects to a server that goes away, and is closed (K4)', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const server = await MysqlServer.open({
    host: '127.0.0.1',
    port,
    user: 'somebody',
    password: () => Promise.resolve(''),
    tls: { mode: 'disabled' },
  });
  const connected = once(silent, 'connection') as Promise<[Socket]>;
  const asked = expect(server.query('SELECT 1')).rejects.toThrow();
  const [socket] = await connected;
  const closed = server.close();
  socket.destroy();
  await closed;
  await asked;
  silent.close();
});
