import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  bundleWorkflowCode,
  DefaultLogger,
  Runtime,
  Worker,
  type WorkflowBundleWithSourceMap,
} from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { observerSinks } from '../../src/worker/index.js';
import * as workflows from '../../src/workflows/index.js';

const FOLDER = path.join(path.dirname(fileURLToPath(import.meta.url)), 'histories');
const FILES = readdirSync(FOLDER).filter((file) => file.endsWith('.json'));
const QUIET = () => undefined;
/** What the SDK itself finds wrong. */
const complaints: string[] = [];

let bundle: WorkflowBundleWithSourceMap;

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR', ({ message }) => complaints.push(message)) });
  bundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url)),
    workflowInterceptorModules: [fileURLToPath(new URL('../../src/workflows/replay-guard.ts', import.meta.url))],
    logger: new DefaultLogger('ERROR', QUIET),
  });
});

function read(file: string): string {
  return readFileSync(path.join(FOLDER, file), 'utf8');
}

/** The error of the replay, or undefined when the code takes the recorded course. */
async function replay(json: string): Promise<unknown> {
  const histories = [{ workflowId: 'recorded', history: JSON.parse(json) as unknown }];
  const options = { workflowBundle: bundle, sinks: observerSinks() };
  for await (const { error } of Worker.runReplayHistories(options, histories)) return error;
  throw new Error('Expected one replay, got none.');
}

describe('recorded histories', () => {
  it.each(FILES)(
    '%s: the workflows of today take the course of then, so a deploy does not break it (S4)',
    async (file) => {
      expect(await replay(read(file))).toBeUndefined();
      expect(complaints).toEqual([]);
    },
  );

  it('there is one of every workflow', () => {
    const types = FILES.map((file) => /"workflowType": \{\s*"name": "(\w+)"/.exec(read(file))?.[1]);
    expect(new Set(types)).toEqual(new Set(Object.keys(workflows)));
  });

  it('another course is noticed', async () => {
    expect(await replay(read('schema-change-expired.json').replaceAll('"planChange"', '"pullTables"'))).toBeInstanceOf(
      Error,
    );
  });

  it('hold no host, user or password (R2)', () => {
    for (const file of FILES) {
      const texts = [...read(file).matchAll(/"data": "([^"]+)"/g)].map(([, data]) =>
        Buffer.from(data ?? '', 'base64').toString(),
      );
      expect([read(file), ...texts].join('\n')).not.toMatch(/127\.0\.0\.1|localhost|mysql:\/\/|password/i);
    }
  });
});
