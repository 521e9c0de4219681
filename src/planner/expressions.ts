import { quotedNames, quoteName } from '../mysql/index.js';

/** Whether an expression, as the server writes it, looks at the column. */
export function mentions(expression: string, column: string): boolean {
  const name = quoteName(column).toLowerCase();
  return quotedNames(expression).some((each) => each.toLowerCase() === name);
}
