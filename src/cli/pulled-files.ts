import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type SchemaFiles, SternaError } from '../contract/index.js';

/** Writes `<folder>/<namespace>/<table>.sql` and returns the paths. Nothing is written when a name would lead elsewhere. */
export async function writePulled(folder: string, schema: SchemaFiles): Promise<string[]> {
  for (const [namespace, texts] of Object.entries(schema))
    for (const name of [namespace, ...Object.keys(texts)])
      if (path.basename(name) !== name || name === '..' || name === '.')
        throw new SternaError(
          'not_supported',
          `Expected names that files can have, found ${JSON.stringify(name)} in namespace ${namespace}. Pull other namespaces, with -n.`,
        );
  const files: string[] = [];
  for (const [namespace, texts] of Object.entries(schema)) {
    await mkdir(path.join(folder, namespace), { recursive: true });
    for (const [name, text] of Object.entries(texts)) {
      const file = path.join(folder, namespace, name);
      await writeFile(file, text);
      files.push(file);
    }
  }
  return files;
}
