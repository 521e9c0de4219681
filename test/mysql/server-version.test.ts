import { expect, it } from 'vitest';
import { versionHas } from '../../src/mysql/index.js';

it.each([
  ['8.0.21', []],
  ['8.0.22', ['anything']],
  ['8.0.36-28.1', ['anything', 'rowVersions', 'histogramsFromData']],
  ['8.2.0', ['anything', 'rowVersions', 'histogramsFromData', 'binaryLogStatus']],
  ['8.4.5-log', ['anything', 'rowVersions', 'histogramsFromData', 'binaryLogStatus']],
  ['9.7.4', ['anything', 'rowVersions', 'histogramsFromData', 'binaryLogStatus']],
  ['10.11.6-MariaDB', []],
])('MySQL %s has what came by then', (version, features) => {
  const all = ['anything', 'rowVersions', 'histogramsFromData', 'binaryLogStatus'] as const;
  expect(all.filter((feature) => versionHas(version, feature))).toEqual(features);
});
