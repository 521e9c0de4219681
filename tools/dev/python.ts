import path from 'node:path';
import { CACHE } from './paths.js';
import { capture, run } from './run.js';
import { step } from './step.js';

/** Of Temporal's client for Python, which examples/control_plane.py uses. */
const VERSION = '1.35.0';
const FOLDER = path.join(CACHE, `python-temporalio-${VERSION}`);

/** A Python that has Temporal's client: the one that was installed here, or the machine's own. */
export async function pythonWithTemporal(): Promise<string | undefined> {
  for (const python of [path.join(FOLDER, 'bin/python'), 'python3'])
    if ((await capture(python, ['-c', 'import temporalio.client'])).code === 0) return python;
  return undefined;
}

/** Installs it where it is missing. Without Python or a registry the tests that need it are skipped, which they say. */
export async function ensurePython(): Promise<void> {
  if ((await pythonWithTemporal()) !== undefined) return;
  try {
    await step(`temporalio ${VERSION} for Python`, async () => {
      await run('python3', ['-m', 'venv', '--clear', FOLDER]);
      const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `temporalio==${VERSION}`];
      await run(path.join(FOLDER, 'bin/python'), pip);
    });
  } catch (error) {
    console.error(`The example in Python is not tested: ${error instanceof Error ? error.message : String(error)}`);
  }
}
