/** What `sterna doctor` has found, and what to do about it. */
export interface Finding {
  /** Stable, kebab-case: `privileges`, `binlog-setting`, `change-ended`, … */
  readonly code: string;
  /** `problem`: something has to be done. `note`: good to know. */
  readonly level: 'problem' | 'note';
  readonly message: string;
  /** Statements and commands, ready to run in this order. Empty where none of them does it. */
  readonly run: readonly string[];
}
