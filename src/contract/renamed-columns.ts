import type { RenamedColumn } from './plan.js';

/** For the server, names of columns are the same in other letters. */
export function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** The column from which one of the new definition has its values: by the renames, else by its name; undefined for a new one. */
export function sourceOf<T extends { readonly name: string }>(
  name: string,
  originals: readonly T[],
  renames: readonly RenamedColumn[],
): T | undefined {
  const renamed = renames.find(({ to }) => sameName(to, name));
  const source = renamed?.from ?? (renames.some(({ from }) => sameName(from, name)) ? undefined : name);
  return source === undefined ? undefined : originals.find((each) => sameName(each.name, source));
}
