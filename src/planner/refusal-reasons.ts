import type { Reason, SternaError } from '../contract/index.js';
import { serverErrorNumber } from '../mysql/index.js';

/** By the server's error numbers: what no statement gets around, and what to do instead. */
const KNOWN: Readonly<Record<number, { readonly code: string; readonly message: string }>> = {
  // ER_BINLOG_UNSAFE_SYSTEM_FUNCTION
  1674: {
    code: 'random-default',
    message:
      'a new column would get another default each time, and so other values on each server; add it without the default first, and give it the default in a second change',
  },
  // ER_PK_INDEX_CANT_BE_INVISIBLE
  3522: {
    code: 'invisible-key',
    message:
      'an invisible unique key would stand for the primary key, and the server alters no table with one; make the key visible, or give the table a primary key',
  },
};

/** Why a generated statement is refused; a code of its own where the server cannot do it at all. */
export function refusalReason(error: SternaError): Reason {
  const known = KNOWN[serverErrorNumber(error) ?? 0];
  return known ?? { code: 'refused-by-server', message: `the generated statement fails: ${error.message}` };
}
