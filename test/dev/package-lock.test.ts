import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from '../../tools/dev/paths.js';

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const lock = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as {
  packages: Readonly<Record<string, LockedPackage>>;
};

it('the lock names the binaries of every platform, because npm ci refuses it where one is missing', () => {
  const missing = Object.entries(lock.packages).flatMap(([place, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) =>
        lock.packages[`node_modules/${name}`] === undefined &&
        lock.packages[`${place}/node_modules/${name}`] === undefined,
    ),
  );
  expect(missing).toEqual([]);
});

it('the lock names no registry, because each place has its own', () => {
  expect(Object.values(lock.packages).filter(({ resolved }) => resolved !== undefined)).toEqual([]);
});

it('all packages of Temporal have one version, because their protocol between themselves is private', () => {
  const versions = Object.entries(lock.packages)
    .filter(([place]) => /^node_modules\/@temporalio\/[^/]+$/.test(place))
    .map(([, { version }]) => version);
  expect(new Set(versions).size).toBe(1);
});
