import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import type { SchemaChangeInput } from '../../src/contract/index.js';
import { DEFAULT_OPTIONS, parseDuration, resolveInput } from '../../src/workflows/change-input.js';

const INPUT: SchemaChangeInput = {
  target: 'shop',
  environment: 'test',
  schema: { shop: { 'a.sql': 'CREATE TABLE a (id int primary key)' } },
};

function refusalOf(input: unknown): ApplicationFailure {
  try {
    resolveInput(input as SchemaChangeInput);
  } catch (error) {
    if (error instanceof ApplicationFailure) return error;
    throw error;
  }
  throw new Error('Expected a refusal, got none.');
}

describe('the input of a change', () => {
  it('gets every default filled in', () => {
    expect(resolveInput(INPUT)).toEqual(DEFAULT_OPTIONS);
    expect(resolveInput({ ...INPUT, options: { volume: 11, planTtl: '30m' } })).toMatchObject({
      volume: 11,
      planTtl: '30m',
      autoApply: false,
    });
  });

  it.each<[string, unknown, RegExp]>([
    ['no object', 'shop', /one JSON object/],
    ['nothing', null, /one JSON object/],
    ['no target', { ...INPUT, target: '' }, /target: expected a target key/],
    ['another type', { ...INPUT, type: 'postgres' }, /type: expected "mysql", got "postgres"/],
    ['both schema and statements', { ...INPUT, statements: { shop: [] } }, /exactly one of schema and statements/],
    ['neither', { target: 'shop', environment: 'test' }, /exactly one of schema and statements/],
    ['files that are no texts', { ...INPUT, schema: { shop: { 'a.sql': 7 } } }, /schema: expected/],
    [
      'statements that are no list',
      { ...INPUT, schema: undefined, statements: { shop: 'ALTER' } },
      /statements: expected/,
    ],
    ['an unknown field', { ...INPUT, autoApply: true }, /autoApply: no such field/],
    ['an unknown option', { ...INPUT, options: { autoaply: true } }, /options.autoaply: no such option/],
    [
      'a volume out of range',
      { ...INPUT, options: { volume: 12 } },
      /options.volume: expected a whole number from 0 to 11, got 12/,
    ],
    [
      'a flag that is a text',
      { ...INPUT, options: { allowUnsafe: 'no' } },
      /options.allowUnsafe: expected true or false/,
    ],
    ['a duration without unit', { ...INPUT, options: { planTtl: '7' } }, /options.planTtl: expected a duration/],
    ['an unknown conflict rule', { ...INPUT, options: { onConflict: 'wait' } }, /options.onConflict/],
    ['globs that are no list', { ...INPUT, options: { ignoreTables: '*' } }, /options.ignoreTables/],
    ['options that are no object', { ...INPUT, options: 'fast' }, /options: expected an object/],
  ])('with %s is refused with the field', (_, input, expected) => {
    const failure = refusalOf(input);
    expect(failure.type).toBe('input_invalid');
    expect(failure.message).toMatch(expected);
  });

  it('reports all mistakes at once', () => {
    expect(refusalOf({ ...INPUT, target: 1, options: { volume: -1 } }).message).toMatch(/target: .*; options.volume: /);
  });
});

describe('a duration', () => {
  it.each<[unknown, number | undefined]>([
    ['0s', 0],
    ['45s', 45_000],
    ['30m', 1_800_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
    ['', undefined],
    ['7', undefined],
    ['7 d', undefined],
    ['-1s', undefined],
    ['1.5h', undefined],
    ['99999d', undefined],
    [30, undefined],
  ])('%j is %j milliseconds', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });
});
