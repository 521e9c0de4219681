import { quoteName } from '../mysql/index.js';

/** Canonical text without what stands in literals, which may hold anything. */
export function withoutLiterals(text: string): string {
  return text.replace(/'(?:[^'\\]|''|\\.)*'/gs, "''");
}

/** Whether an expression, as the server writes it, looks at the column. */
export function mentions(expression: string, column: string): boolean {
  return withoutLiterals(expression).toLowerCase().includes(quoteName(column).toLowerCase());
}
