import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { planPaint } from '../../src/cli/plan-paint.js';

function terminal(colours: boolean, isTTY = true): NodeJS.WriteStream {
  return Object.assign(new PassThrough(), { isTTY, hasColors: () => colours }) as unknown as NodeJS.WriteStream;
}

it('there are colours in a terminal that has them, and nowhere else', () => {
  expect(planPaint(terminal(true, false))).toBeUndefined();
  expect(planPaint(terminal(false))).toBeUndefined();
  const paint = planPaint(terminal(true));
  expect(paint?.refuse('no')).toBe('\u001b[31mno\u001b[39m');
  expect(paint?.sql('ALTER TABLE `t` DROP KEY `k`')).toContain('\u001b[');
});
