import { SternaError } from '../../src/contract/index.js';
import { plan, plannedTask } from '../workflows/plans.js';
import { ScriptedTarget } from '../workflows/scripted-target.js';
import { targetClientContract } from './contract.js';

// The target of the workflows' tests is one as the workflows will meet it.
targetClientContract('the scripted one', () => {
  const script = new ScriptedTarget(plan([plannedTask('a')]));
  const make = script.plan.bind(script);
  script.plan = (request, context) =>
    request.statements?.shop === undefined
      ? Promise.reject(new SternaError('namespace_unknown', 'Expected a schema on the server, found none.'))
      : make(request, context);
  const place = { target: 'shop', environment: 'test', type: 'mysql' } as const;
  return Promise.resolve({
    client: script,
    namespace: 'shop',
    request: { ...place, statements: { shop: ['ALTER TABLE `a` ADD COLUMN `note` varchar(20)'] } },
    unknown: { ...place, statements: { elsewhere: [] } },
    [Symbol.asyncDispose]: () => script.close(),
  });
});
