import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { formatEnvFile, parseEnvFile } from '../../tools/dev/env-file.js';

const VALUES = { TEMPORAL_ADDRESS: '127.0.0.1:7233', STERNA_INVENTORY: '/a folder/$HOME/inventory.yaml' };

it('.dev/env says the same to these tools and to a shell', () => {
  const text = formatEnvFile(VALUES);
  expect(parseEnvFile(text)).toEqual(VALUES);
  const shell = execFileSync('sh', ['-c', `${text}\nprintf '%s' "$TEMPORAL_ADDRESS $STERNA_INVENTORY"`]);
  expect(shell.toString()).toBe(Object.values(VALUES).join(' '));
});

it('a value that a shell would read differently is refused', () => {
  expect(() => formatEnvFile({ STERNA_UI: "it's" })).toThrow('Expected STERNA_UI without quotes');
});
