import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';
import { replayOpenWorkflows } from '../../src/worker/index.js';
import { ROOT } from '../../tools/dev/paths.js';
import { TestDataPlane } from '../support/data-plane.js';
import { TestNamespace } from '../support/namespace.js';
import { until } from '../support/until.js';

it('an open change is replayed before a deploy, and one that the new version cannot go on with is named (S4)', async () => {
  await using space = await TestNamespace.create('replay');
  // Wide, so that its plan is in the history compressed.
  const columns = Array.from({ length: 120 }, (_, i) => `c${i} INT COMMENT '${'x'.repeat(100)}'`);
  await space.query(`CREATE TABLE t (id INT PRIMARY KEY, ${columns.join(', ')})`);
  await using plane = await TestDataPlane.create('replay');
  await plane.startWorker();
  const id = await plane.client.start({
    target: plane.target,
    environment: 'test',
    statements: { [space.name]: ['ALTER TABLE t ADD COLUMN x INT'] },
    caller: 'test',
  });
  await until('it is planned', async () => (await plane.client.status(id)).state === 'planned');
  // Workflows are listed a moment after they have started.
  await until('the change is listed', async () => (await plane.client.list({ target: plane.target })).length === 1);

  const { code, stdout } = await plane.sterna('replay', '--json');
  expect([code, JSON.parse(stdout)]).toEqual([0, { replayed: 1, misfits: [] }]);

  const source = await readFile(path.join(ROOT, 'dist/workflow-bundle.js'), 'utf8');
  const bundle = path.join(plane.folder, 'another-version.js');
  await writeFile(bundle, source.replaceAll('planChange', 'planOtherwise'));
  const replayed = [];
  for await (const each of replayOpenWorkflows(plane.name, { bundle })) replayed.push(each);
  expect(replayed).toEqual([{ workflowId: id, misfit: expect.stringContaining('planOtherwise') }]);

  await plane.client.send(id, 'cancel', { caller: 'test' });
  await plane.stopWorkers();
});
