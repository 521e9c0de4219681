import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import { createLogger } from '../../src/worker/logger.js';

it('tells no connection, DSN or password, whoever logs it by mistake (R2)', () => {
  const lines: string[] = [];
  vi.spyOn(pino, 'destination').mockReturnValue({ write: (line: string) => void lines.push(line) } as never);
  const log = createLogger('info');
  log.info({ target: 'shop', dsn: 'secret', password: 'secret', connection: { host: 'secret' } }, 'resolved');
  log.info({ resolved: { dsn: 'secret', password: 'secret', connection: { host: 'secret' } } }, 'resolved');
  expect(lines).toHaveLength(2);
  expect(lines.join('')).toContain('"target":"shop"');
  expect(lines.join('')).not.toContain('secret');
});
