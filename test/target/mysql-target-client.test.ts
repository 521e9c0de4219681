import { openTargetClient } from '../../src/target/index.js';
import { TestNamespace } from '../support/namespace.js';
import { fill, PLAIN_TABLE } from '../support/online-change.js';
import { connectionConfig } from '../support/servers.js';
import { targetClientContract } from './contract.js';

targetClientContract('MySQL', async () => {
  const space = await TestNamespace.create('contract');
  await space.query(PLAIN_TABLE);
  await fill(space, 't', 300);
  await space.query('CREATE TABLE gone (id INT PRIMARY KEY)');
  const client = await openTargetClient('mysql', {
    connection: connectionConfig(space.server),
    physical: (namespace) => namespace,
    limits: { copies: 1_000 },
    requireWriter: true,
  });
  const statements = ['ALTER TABLE t MODIFY k BIGINT NOT NULL'];
  const place = { target: 'orders', environment: 'test', type: 'mysql' } as const;
  return {
    client,
    namespace: space.name,
    request: { ...place, statements: { [space.name]: statements } },
    drop: { ...place, schema: { [space.name]: { 't.sql': PLAIN_TABLE } } },
    keyless: 'CREATE TABLE bad (a INT)',
    unknown: { ...place, statements: { nowhere_at_all: statements } },
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await space.drop();
    },
  };
});
