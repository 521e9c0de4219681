import {
  MAX_VOLUME,
  type MessageArguments,
  type MessageName,
  MESSAGES,
  MIN_VOLUME,
  type SchemaChangeInput,
} from '../contract/index.js';
import { isVolume, parseDuration, refusal, show } from './change-input.js';

type Kind = 'text' | 'flag' | 'volume' | 'duration';
type Fields = Readonly<Record<string, Kind>>;

const COMMON: Fields = { caller: 'text', target: 'text', environment: 'text' };
const FIELDS: Readonly<Record<MessageName, Fields>> = {
  apply: { planHash: 'text', allowUnsafe: 'flag', deferCutover: 'flag', revertWindow: 'duration' },
  stop: { reason: 'text' },
  resume: {},
  cutover: {},
  cancel: { reason: 'text' },
  setVolume: { volume: 'volume' },
  revert: { reason: 'text' },
  finalize: {},
};
const KINDS: Readonly<Record<Kind, { readonly held: (value: unknown) => boolean; readonly expected: string }>> = {
  text: { held: (value) => typeof value === 'string' && value !== '', expected: 'a text' },
  flag: { held: (value) => typeof value === 'boolean', expected: 'true or false' },
  volume: { held: isVolume, expected: `a whole number from ${MIN_VOLUME} to ${MAX_VOLUME}` },
  duration: { held: (value) => parseDuration(value) !== undefined, expected: 'a duration such as "30m"' },
};
const REQUIRED: readonly string[] = ['caller', 'volume'];

/** Throws `input_invalid` with every mistake of a message, or `route_mismatch` (R1). */
export function assertMessageShape<N extends MessageName>(
  name: N,
  message: MessageArguments[N],
  route: Pick<SchemaChangeInput, 'target' | 'environment'>,
): void {
  const given: unknown = message;
  const fields = { ...COMMON, ...FIELDS[name] };
  const mistakes: string[] = [];
  if (typeof given !== 'object' || given === null || Array.isArray(given)) mistakes.push(`got ${show(given)}`);
  else {
    const values = given as Readonly<Record<string, unknown>>;
    for (const [field, kind] of Object.entries(fields)) {
      const value = values[field];
      if (value === undefined && !REQUIRED.includes(field)) continue;
      if (!KINDS[kind].held(value)) mistakes.push(`${field}: expected ${KINDS[kind].expected}, got ${show(value)}`);
    }
    for (const field of Object.keys(values)) {
      if (!Object.hasOwn(fields, field)) mistakes.push(`${field}: no such field`);
    }
  }
  if (mistakes.length > 0) {
    throw refusal(
      'input_invalid',
      `Expected one object such as ${JSON.stringify(MESSAGES[name].example)} for ${name}: ${mistakes.join('; ')}.`,
    );
  }
  for (const part of ['target', 'environment'] as const) {
    const asked = message[part];
    if (asked === undefined || asked === route[part]) continue;
    throw refusal(
      'route_mismatch',
      `Expected ${part} ${route[part]}, for which this change was planned, got ${asked} (R1). Plan a new change for the other one.`,
    );
  }
}

/** What the event log keeps of a message beside its name and caller. */
export function detailOf(message: MessageArguments[MessageName]): string | undefined {
  if ('volume' in message) return `volume ${message.volume}`;
  return 'reason' in message ? message.reason : undefined;
}
