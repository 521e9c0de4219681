import { describe, expect, it } from 'vitest';
import { compare, FileHistory } from '../../src/engine/history.js';

const SERVER = '3e11fa47-71ca-11e1-9e33-c80aa9429562';
const at = (position: number, file = 'bin.000007', created = 1_000) => ({ file, position, created });
const tracker = (position = 157) =>
  new FileHistory(() => Promise.reject(new Error('no marker here'))).tracker(
    JSON.stringify({ server: SERVER, file: 'bin.000007', position }),
  );

describe('a position by file', () => {
  it('moves with transactions and between them, and keeps the server (E4)', () => {
    const stream = tracker();
    stream.moved({ file: 'bin.000007', position: 157 }); // the server repeats the start, then tells the file's age
    stream.moved(at(157));
    const name = stream.begin(undefined);
    expect(JSON.parse(stream.position)).toEqual({ server: SERVER, ...at(157) });
    stream.end(name, at(400), 'complete');
    expect(JSON.parse(stream.position)).toEqual({ server: SERVER, ...at(400) });
    stream.moved({ file: 'bin.000008', position: 4 });
    expect(JSON.parse(stream.received)).toEqual({ file: 'bin.000008', position: 4 });
  });

  it('does not pass a prepared transaction before it is settled, whatever comes after it (E2, E4)', () => {
    const stream = tracker();
    const prepared = stream.begin(undefined);
    stream.end(prepared, at(300), 'prepared');
    const other = stream.begin(undefined);
    stream.end(other, at(500), 'complete');
    const later = stream.begin(undefined);
    stream.end(later, at(700), 'prepared');
    expect(JSON.parse(stream.received)).toMatchObject({ position: 700 });
    expect(JSON.parse(stream.position)).toMatchObject({ position: 157 });
    stream.settle(prepared);
    expect(JSON.parse(stream.position)).toMatchObject({ position: 500 });
    stream.settle(later);
    expect(JSON.parse(stream.position)).toMatchObject({ position: 700 });
  });

  it('stays where a stream can start, though one transaction makes its file longer than that (E4)', () => {
    const stream = tracker();
    stream.end(stream.begin(undefined), at(2_000), 'complete');
    stream.end(stream.begin(undefined), at(5_000_000_000), 'complete');
    expect(JSON.parse(stream.received)).toMatchObject({ position: 5_000_000_000 });
    expect(JSON.parse(stream.position)).toMatchObject({ position: 157 });
    stream.moved({ file: 'bin.000008', position: 4 });
    expect(JSON.parse(stream.position)).toMatchObject({ file: 'bin.000008', position: 4 });
  });

  it('is lost when a file of the same name turns out to be another one (E4)', () => {
    const stream = tracker();
    stream.moved(at(157));
    expect(() => stream.moved(at(157, 'bin.000007', 2_000))).toThrow(
      expect.objectContaining({ code: 'position_lost', message: expect.stringContaining('another history') as string }),
    );
  });

  it.each([
    [at(5), at(6), -1],
    [at(6, 'bin.000008'), at(9_000, 'bin.000007'), 1],
    [at(4, 'bin.1000000'), at(4, 'bin.999999'), 1],
    [at(4), at(4), 0],
  ])('%o against %o', (a, b, expected) => {
    expect(Math.sign(compare(a, b))).toBe(expected);
  });
});
