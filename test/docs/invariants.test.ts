import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const IDS = { R: 5, K: 4, P: 6, E: 7, C: 6, S: 4 };

describe('docs/invariants.md', () => {
  const sections = readFileSync(path.join(ROOT, 'docs/invariants.md'), 'utf8')
    .split(/^(?=\*\*[A-Z]\d\*\* )/m)
    .slice(1);

  it('has every invariant, in order, so that none is dropped silently', () => {
    const expected = Object.entries(IDS).flatMap(([letter, count]) =>
      Array.from({ length: count }, (_, index) => `${letter}${index + 1}`),
    );
    expect(sections.map((section) => section.slice(2, 4))).toEqual(expected);
  });

  it.each(sections.map((section) => ({ id: section.slice(2, 4), section })))(
    '$id names code that exists and a test that is there by that name',
    ({ id, section }) => {
      const code = [...(/^- upheld by (.*(?:\n {2}.*)*)/m.exec(section)?.[1] ?? '').matchAll(/`([^`]+)`/g)];
      expect(code.length).toBeGreaterThan(0);
      for (const [, file = ''] of code) expect(existsSync(path.join(ROOT, file)), file).toBe(true);

      const tests = [...section.matchAll(/^- `(test\/[^`]+)`: (.+)$/gm)];
      expect(tests.length, `a test that proves ${id}`).toBeGreaterThan(0);
      for (const [, file = '', name = ''] of tests) {
        expect(name).toContain(id);
        expect(readFileSync(path.join(ROOT, file), 'utf8').includes(name), `${file}: ${name}`).toBe(true);
      }
    },
  );
});
