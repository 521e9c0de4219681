import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../../tools/dev/paths.js';

const run = promisify(execFile);

export const manifest = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly bin: { readonly sterna: string };
};
export const DEPENDENCIES = Object.keys(manifest.dependencies);

/** The package as npm would publish it, and projects outside of this checkout that have it. */
export class PackedPackage implements AsyncDisposable {
  private constructor(
    private readonly folder: string,
    private readonly tarball: string,
  ) {}

  static async create(): Promise<PackedPackage> {
    const folder = await mkdtemp(path.join(tmpdir(), 'sterna-package-'));
    const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], {
      cwd: ROOT,
    });
    const [{ filename } = { filename: '' }] = JSON.parse(stdout) as { filename: string }[];
    return new PackedPackage(folder, path.join(folder, filename));
  }

  /** A project that has these packages beside Sterna, and no others: what Sterna does not declare is not found. */
  async project(dependencies: readonly string[] = DEPENDENCIES): Promise<string> {
    const place = await mkdtemp(path.join(this.folder, 'project-'));
    const modules = path.join(place, 'node_modules');
    await mkdir(path.join(modules, 'sterna'), { recursive: true });
    await run('tar', ['-xzf', this.tarball, '--strip-components=1', '-C', path.join(modules, 'sterna')]);
    for (const name of [...dependencies, '@types/node']) {
      await mkdir(path.dirname(path.join(modules, name)), { recursive: true });
      await symlink(path.join(ROOT, 'node_modules', name), path.join(modules, name));
    }
    await writeFile(path.join(place, 'package.json'), '{ "type": "module" }');
    return place;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return rm(this.folder, { recursive: true });
  }
}
