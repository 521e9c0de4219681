import { ApplicationFailure } from '@temporalio/common';
import {
  type ChangeOptions,
  DEFAULT_VOLUME,
  type ErrorCode,
  ERRORS,
  MAX_VOLUME,
  MIN_VOLUME,
  type SchemaChangeInput,
} from '../contract/index.js';

/** An error that reaches the caller with its stable code. */
export function refusal(code: ErrorCode, message: string): ApplicationFailure {
  return ApplicationFailure.create({ type: code, message, nonRetryable: !ERRORS[code].retry });
}

/** Options with every default filled in. */
export interface ResolvedOptions {
  readonly autoApply: boolean;
  readonly allowUnsafe: boolean;
  readonly deferCutover: boolean;
  readonly revertWindow: string;
  readonly volume: number;
  readonly onConflict: 'reject' | 'queue';
  readonly planTtl: string;
  readonly ignoreTables: readonly string[];
}

const OPTION_NAMES = new Set<keyof ChangeOptions>([
  'autoApply',
  'allowUnsafe',
  'deferCutover',
  'revertWindow',
  'volume',
  'onConflict',
  'planTtl',
  'ignoreTables',
]);

/** Checks the input of a change, whoever sent it; all mistakes at once. */
export function resolveInput(input: SchemaChangeInput): ResolvedOptions {
  const mistakes: string[] = [];
  const expect = (held: boolean, text: string): void => {
    if (!held) mistakes.push(text);
  };
  if (typeof input !== 'object' || input === null) throw refusal('input_invalid', 'Expected one JSON object as input.');
  expect(isName(input.target), `target: expected a target key, got ${show(input.target)}`);
  expect(isName(input.environment), `environment: expected a name, got ${show(input.environment)}`);
  expect(input.type === undefined || input.type === 'mysql', `type: expected "mysql", got ${show(input.type)}`);
  expect(
    (input.schema === undefined) !== (input.statements === undefined),
    'expected exactly one of schema and statements',
  );
  const o: ChangeOptions = input.options ?? {};
  for (const name of Object.keys(o)) {
    expect(OPTION_NAMES.has(name as keyof ChangeOptions), `options.${name}: no such option`);
  }
  for (const name of ['autoApply', 'allowUnsafe', 'deferCutover'] as const) {
    expect(
      o[name] === undefined || typeof o[name] === 'boolean',
      `options.${name}: expected true or false, got ${show(o[name])}`,
    );
  }
  expect(
    o.volume === undefined || isVolume(o.volume),
    `options.volume: expected ${MIN_VOLUME} to ${MAX_VOLUME}, got ${show(o.volume)}`,
  );
  expect(
    o.onConflict === undefined || ['reject', 'queue'].includes(o.onConflict),
    `options.onConflict: expected "reject" or "queue", got ${show(o.onConflict)}`,
  );
  for (const name of ['planTtl', 'revertWindow'] as const) {
    expect(
      o[name] === undefined || parseDuration(o[name]) !== undefined,
      `options.${name}: expected a duration such as "30m", got ${show(o[name])}`,
    );
  }
  expect(
    o.ignoreTables === undefined ||
      (Array.isArray(o.ignoreTables) && o.ignoreTables.every((glob) => typeof glob === 'string')),
    'options.ignoreTables: expected a list of globs',
  );
  if (mistakes.length > 0)
    throw refusal('input_invalid', `The input of the change is not valid: ${mistakes.join('; ')}.`);
  const options = {
    autoApply: o.autoApply ?? false,
    allowUnsafe: o.allowUnsafe ?? false,
    deferCutover: o.deferCutover ?? false,
    revertWindow: o.revertWindow ?? '0s',
    volume: o.volume ?? DEFAULT_VOLUME,
    onConflict: o.onConflict ?? 'reject',
    planTtl: o.planTtl ?? '7d',
    ignoreTables: o.ignoreTables ?? [],
  };
  assertNoRevertWindow(options.revertWindow);
  return options;
}

export function assertNoRevertWindow(revertWindow: string): void {
  if (parseDuration(revertWindow) === 0) return;
  throw refusal(
    'not_supported',
    `Expected revertWindow "0s", got ${show(revertWindow)}: this version cannot keep the old table equal after the cutover. Leave the option out.`,
  );
}

export function isVolume(volume: unknown): volume is number {
  return Number.isInteger(volume) && (volume as number) >= MIN_VOLUME && (volume as number) <= MAX_VOLUME;
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds, or undefined when it is no duration. */
export function parseDuration(text: unknown): number | undefined {
  const found = typeof text === 'string' ? /^(\d+)(s|m|h|d)$/.exec(text) : null;
  return found === null ? undefined : Number(found[1]) * (UNITS_MS[found[2] ?? ''] ?? 0);
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value.length > 0 && value.length <= 100;
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 60);
}
