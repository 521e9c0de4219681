import { ApplicationFailure } from '@temporalio/common';
import {
  type ChangeOptions,
  DEFAULT_VOLUME,
  type ErrorCode,
  ERRORS,
  LINT_LEVELS,
  LINT_RULES,
  type LintLevel,
  MAX_VOLUME,
  MIN_VOLUME,
  type SchemaChangeInput,
  isTargetType,
  TARGET_TYPES,
} from '../contract/index.js';

/** An error that reaches the caller with its stable code. */
export function refusal(code: ErrorCode, message: string): ApplicationFailure {
  return ApplicationFailure.create({ type: code, message, nonRetryable: !ERRORS[code].retry });
}

/** Options with every default filled in. */
export type ResolvedOptions = Required<ChangeOptions>;

export const DEFAULT_OPTIONS: ResolvedOptions = {
  autoApply: false,
  allowUnsafe: false,
  deferCutover: false,
  revertWindow: '0s',
  volume: DEFAULT_VOLUME,
  onConflict: 'reject',
  planTtl: '7d',
  ignoreTables: [],
  onlyTables: [],
  directBelowRows: 0,
  directBelowBytes: 0,
  lint: {},
};

const INPUT_NAMES = ['target', 'environment', 'type', 'schema', 'statements', 'options', 'caller', 'reason', 'source'];

/** Collects mistakes, so that all are reported at once. */
class Mistakes {
  readonly #found: string[] = [];

  expect(held: boolean, text: string): void {
    if (!held) this.#found.push(text);
  }

  throwIfAny(): void {
    if (this.#found.length > 0)
      throw refusal('input_invalid', `Expected a valid input: ${this.#found.slice(0, 20).join('; ')}.`);
  }
}

/** Checks the input of a change, whoever sent it. */
export function resolveInput(input: SchemaChangeInput): ResolvedOptions {
  if (!isObject(input)) throw refusal('input_invalid', `Expected one JSON object as input, got ${show(input)}.`);
  const mistakes = new Mistakes();
  for (const name of Object.keys(input)) mistakes.expect(INPUT_NAMES.includes(name), `${name}: no such field`);
  expectTarget(input, mistakes);
  mistakes.expect(
    (input.schema === undefined) !== (input.statements === undefined),
    'expected exactly one of schema and statements',
  );
  mistakes.expect(
    input.schema === undefined || isMap(input.schema, (files) => isMap(files, isText)),
    'schema: expected namespace -> file name -> SQL text',
  );
  mistakes.expect(
    input.statements === undefined || isMap(input.statements, (list) => isListOf(list, isText)),
    'statements: expected namespace -> list of ALTER TABLE statements',
  );
  for (const name of ['caller', 'reason'] as const)
    mistakes.expect(
      input[name] === undefined || isText(input[name]),
      `${name}: expected a text, got ${show(input[name])}`,
    );
  mistakes.expect(input.source === undefined || isObject(input.source), 'source: expected an object');
  expectOptions(input.options ?? {}, mistakes);
  mistakes.throwIfAny();
  return { ...DEFAULT_OPTIONS, ...input.options };
}

/** Checks the route of a read, whoever asked for it. */
export function assertTarget(input: { readonly target: string; readonly environment: string }): void {
  if (!isObject(input)) throw refusal('input_invalid', `Expected one JSON object as input, got ${show(input)}.`);
  const mistakes = new Mistakes();
  expectTarget(input, mistakes);
  mistakes.throwIfAny();
}

/** Checks the table of an undrop, whoever asked for it. */
export function assertTableName(input: { readonly namespace: string; readonly table: string }): void {
  const mistakes = new Mistakes();
  for (const name of ['namespace', 'table'] as const)
    mistakes.expect(isName(input[name]), `${name}: expected a name, got ${show(input[name])}`);
  mistakes.throwIfAny();
}

function expectTarget(input: { target: string; environment: string; type?: string }, mistakes: Mistakes): void {
  mistakes.expect(isName(input.target), `target: expected a target key, got ${show(input.target)}`);
  mistakes.expect(isName(input.environment), `environment: expected a name, got ${show(input.environment)}`);
  mistakes.expect(
    input.type === undefined || isTargetType(input.type),
    `type: expected ${TARGET_TYPES.map(show).join(' or ')}, got ${show(input.type)}`,
  );
}

function expectOptions(options: ChangeOptions, mistakes: Mistakes): void {
  mistakes.expect(isObject(options), `options: expected an object, got ${show(options)}`);
  if (!isObject(options)) return;
  const each = (name: keyof ChangeOptions, held: (value: unknown) => boolean, expected: string): void => {
    const value = options[name];
    mistakes.expect(value === undefined || held(value), `options.${name}: expected ${expected}, got ${show(value)}`);
  };
  for (const name of Object.keys(options))
    mistakes.expect(Object.hasOwn(DEFAULT_OPTIONS, name), `options.${name}: no such option`);
  for (const name of ['autoApply', 'allowUnsafe', 'deferCutover'] as const)
    each(name, (value) => typeof value === 'boolean', 'true or false');
  for (const name of ['planTtl', 'revertWindow'] as const)
    each(name, (value) => parseDuration(value) !== undefined, 'a duration such as "30m"');
  each('volume', isVolume, `a whole number from ${MIN_VOLUME} to ${MAX_VOLUME}`);
  each('onConflict', (value) => value === 'reject' || value === 'queue', '"reject" or "queue"');
  each('ignoreTables', (value) => isListOf(value, isText), 'a list of globs');
  for (const name of ['directBelowRows', 'directBelowBytes'] as const)
    each(name, (value) => Number.isSafeInteger(value) && (value as number) >= 0, 'a whole number');
  each('onlyTables', (value) => isListOf(value, isText), 'a list of ids, <namespace>.<table>');
  each('lint', isLintLevels, 'rules of docs/lint.md with off, info, warning or error');
}

function isLintLevels(value: unknown): boolean {
  return (
    isMap(value, (level) => LINT_LEVELS.includes(level as LintLevel)) &&
    Object.keys(value as object).every((rule) => Object.hasOwn(LINT_RULES, rule))
  );
}

export function isVolume(volume: unknown): volume is number {
  return Number.isInteger(volume) && (volume as number) >= MIN_VOLUME && (volume as number) <= MAX_VOLUME;
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const MAX_DURATION_MS = 3_650 * 86_400_000;

/** Milliseconds, or undefined when it is no duration of at most ten years. */
export function parseDuration(text: unknown): number | undefined {
  const found = typeof text === 'string' ? /^(\d+)(s|m|h|d)$/.exec(text) : null;
  if (found === null) return undefined;
  const milliseconds = Number(found[1]) * (UNITS_MS[found[2] ?? ''] ?? 0);
  return milliseconds <= MAX_DURATION_MS ? milliseconds : undefined;
}

export function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 100);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isName(value: unknown): boolean {
  return isText(value) && value.length > 0 && value.length <= 100;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isMap(value: unknown, held: (value: unknown) => boolean): boolean {
  return isObject(value) && Object.values(value).every(held);
}

function isListOf(value: unknown, held: (value: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(held);
}
