import { SternaError } from '../contract/index.js';

/** Where it was thrown. What the text of a foreign error holds is not known, not even that of a TypeError of fetch (R2). */
export function describeFault(error: unknown): object {
  if (error instanceof SternaError) return { code: error.code, error: error.message };
  if (!(error instanceof Error)) return { error: typeof error };
  const frame = error.stack?.split('\n').find((line) => /^ {4}at /.test(line));
  return { error: error.name, ...(frame === undefined ? {} : { at: frame.trim() }) };
}
