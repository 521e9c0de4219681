import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { TestServer } from '../../test/support/servers.js';

const run = promisify(execFile);
const DIFFERENCES_FOUND = 1;

/** A folder of table files as `skeema diff` reads it. */
export class SkeemaFolder implements AsyncDisposable {
  private constructor(private readonly folder: string) {}

  static async create(
    { host, port, user, password }: TestServer,
    schema: string,
    files: Readonly<Record<string, string>>,
  ): Promise<SkeemaFolder> {
    const folder = await mkdtemp(path.join(tmpdir(), 'sterna-skeema-'));
    const settings = { host, port, user, password, schema, 'allow-unsafe': true };
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    await writeFile(path.join(folder, '.skeema'), `${lines.join('\n')}\n`, { mode: 0o600 });
    for (const [name, sql] of Object.entries(files)) await writeFile(path.join(folder, name), `${sql};\n`);
    return new SkeemaFolder(folder);
  }

  /** Throws when it does not find what it is to find. */
  async diff(differs: boolean): Promise<void> {
    const code = await run('skeema', ['diff'], { cwd: this.folder, maxBuffer: 64 << 20 }).then(
      () => 0,
      (error: unknown) => (error as { code: number }).code,
    );
    const expected = differs ? DIFFERENCES_FOUND : 0;
    if (code !== expected) throw new Error(`Expected skeema diff to end with ${expected}, got ${code}.`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}
