import { appendFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DEV } from '../../tools/dev/paths.js';

/** What was said in a run of tests, and by whom: a log, the output of a command, metrics. */
export interface Heard {
  readonly by: string;
  readonly text: string;
}

/** Names the folder of a run; its tests are told by the environment. */
export const HEARD_FOLDER = 'STERNA_TEST_HEARD';

/** Begins to keep what is heard in this run. @returns the folder */
export function beginHearing(): string {
  const folder = path.join(DEV, 'test', `heard-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  process.env[HEARD_FOLDER] = folder;
  return folder;
}

/** Keeps what Sterna has said for the look at all of it after the last test (R2). */
export function hear(by: string, text: string): void {
  append('heard', { by, text });
}

/** Keeps what must not stand in anything that was said. */
export function hearNothingOf(...secrets: readonly string[]): void {
  for (const secret of secrets) append('secrets', secret);
}

export function allHeard(): Heard[] {
  return readAll('heard') as Heard[];
}

export function allSecrets(): string[] {
  return readAll('secrets') as string[];
}

/** Each process of tests has a file of its own. */
function append(kind: string, value: unknown): void {
  const folder = process.env[HEARD_FOLDER];
  if (folder === undefined) return; // no vitest, e.g. a script that uses what tests use
  appendFileSync(path.join(folder, `${kind}-${process.pid}.jsonl`), `${JSON.stringify(value)}\n`);
}

function readAll(kind: string): unknown[] {
  const folder = process.env[HEARD_FOLDER];
  if (folder === undefined) throw new Error(`Expected ${HEARD_FOLDER} from the setup of the run, found none.`);
  const files = readdirSync(folder).filter((name) => name.startsWith(`${kind}-`));
  return files.flatMap((name) =>
    readFileSync(path.join(folder, name), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as unknown),
  );
}
