import { SternaError } from '../../src/contract/index.js';
import { plan, plannedTask } from '../workflows/plans.js';
import { targetClientContract } from './contract.js';
import { RecordingTarget } from './recording-target.js';

const copy = plan([plannedTask('a')]);
const drop = plan([plannedTask('gone', { action: 'drop', execution: 'direct', statements: ['DROP TABLE `gone`'] })]);

// The target of the workflows' tests is one as the workflows will meet it.
targetClientContract('the recording one', () => {
  const client = new RecordingTarget(copy);
  const make = client.plan.bind(client);
  client.plan = (request, context) => {
    client.made = request.schema === undefined ? copy : drop;
    return request.statements?.elsewhere === undefined
      ? make(request, context)
      : Promise.reject(new SternaError('namespace_unknown', 'Expected a schema on the server, found none.'));
  };
  const place = { target: 'shop', environment: 'test', type: 'mysql' } as const;
  return Promise.resolve({
    client,
    namespace: 'shop',
    request: { ...place, statements: { shop: ['ALTER TABLE `a` ADD COLUMN `note` varchar(20)'] } },
    drop: { ...place, schema: { shop: { 'a.sql': 'CREATE TABLE `a` (`id` int PRIMARY KEY)' } } },
    keyless: 'CREATE TABLE `bad` (`a` int)',
    unknown: { ...place, statements: { elsewhere: [] } },
    [Symbol.asyncDispose]: () => client.close(),
  });
});
