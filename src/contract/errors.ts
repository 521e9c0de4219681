/**
 * Errors with stable codes. `docs/errors.md` lists every code; a test compares the two.
 *
 * `exitCode` is what the CLI ends with. `retry` says whether the same step may succeed without anybody's
 * help: Temporal retries those, and fails the change on all others.
 */
export interface ErrorDefinition {
  readonly exitCode: 1 | 2 | 3 | 4 | 5;
  readonly retry: boolean;
  readonly meaning: string;
  readonly remedy: string;
}

const define = <K extends string>(table: Record<K, ErrorDefinition>): Readonly<Record<K, ErrorDefinition>> => table;

/** Every error of Sterna: the exit code of commands, and whether a step is tried again. docs/errors.md says what to do. */
export const ERRORS = define({
  // Configuration and inventory
  config_invalid: {
    exitCode: 2,
    retry: false,
    meaning: 'A configuration file or option is not valid.',
    remedy: 'Correct the fields that the message names.',
  },
  inventory_unavailable: {
    exitCode: 5,
    retry: true,
    meaning: 'The inventory cannot answer; nothing is known about the target (R5).',
    remedy: 'Restore the inventory; Sterna tries again.',
  },
  target_unknown: {
    exitCode: 2,
    retry: false,
    meaning: 'The inventory has no such target in this environment.',
    remedy: 'Check the key and the environment with `sterna targets`.',
  },
  target_type_mismatch: {
    exitCode: 2,
    retry: false,
    meaning: 'The target has another database type.',
    remedy: 'Ask for the type that the inventory names.',
  },
  secret_missing: {
    exitCode: 1,
    retry: false,
    meaning: 'A secret reference cannot be resolved.',
    remedy: 'Provide the environment variable or file that the inventory entry names.',
  },
  namespace_not_allowed: {
    exitCode: 3,
    retry: false,
    meaning: 'The target lists its namespaces and this one is not among them (R4).',
    remedy: 'Use a listed namespace or extend `schemaOverrides`.',
  },
  route_mismatch: {
    exitCode: 3,
    retry: false,
    meaning: 'A message names another target or environment than the plan (R1).',
    remedy: 'Plan a new change for the other target.',
  },
  router_closed: {
    exitCode: 1,
    retry: true,
    meaning: 'The worker is shutting down and takes no new work.',
    remedy: 'Nothing: another worker goes on.',
  },
  // Server
  server_unreachable: {
    exitCode: 5,
    retry: true,
    meaning: 'No connection to the database server.',
    remedy: 'Check that the server runs and that the worker may reach it.',
  },
  access_denied: {
    exitCode: 5,
    retry: false,
    meaning: 'The server refuses the user or password.',
    remedy: 'Correct the credentials in the inventory.',
  },
  connection_lost: {
    exitCode: 5,
    retry: true,
    meaning: 'The connection broke during the work.',
    remedy: 'Nothing: the step goes on from its checkpoint.',
  },
  interrupted: {
    exitCode: 1,
    retry: true,
    meaning: 'Somebody ended a statement, or it ran into a time limit of the server.',
    remedy: 'Nothing: the step goes on from its checkpoint.',
  },
  not_the_writer: {
    exitCode: 3,
    // A switchover passes; work that has begun waits for it.
    retry: true,
    meaning: 'The server is read-only.',
    remedy: 'Point the inventory entry at the writer.',
  },
  missing_privilege: {
    exitCode: 3,
    retry: false,
    meaning: 'The user lacks a privilege.',
    remedy: 'Run the GRANT that the message names.',
  },
  unsupported_server: {
    exitCode: 3,
    retry: false,
    meaning: 'The server version or a setting does not fit.',
    remedy: 'Change the setting that the message names.',
  },
  binlog_unsuitable: {
    exitCode: 3,
    retry: false,
    meaning: 'A binlog setting does not fit the online copy.',
    remedy: 'Change the setting that the message names.',
  },
  disk_full: {
    exitCode: 1,
    retry: false,
    meaning: 'The server has no space left.',
    remedy: 'Free space, then start a new change; the original table is untouched.',
  },
  sql_error: {
    exitCode: 1,
    retry: false,
    meaning: 'The server refused a statement for a reason that Sterna does not know.',
    remedy: 'Read the server error in the message.',
  },
  // Planning
  input_invalid: {
    exitCode: 2,
    retry: false,
    meaning: 'The input of a workflow or message has the wrong shape.',
    remedy: 'Correct the fields that the message names.',
  },
  schema_empty: {
    exitCode: 2,
    retry: false,
    meaning: 'There are no desired files; an empty set never means "drop everything" (P5).',
    remedy: 'Check the folder and the namespace names.',
  },
  schema_file_invalid: {
    exitCode: 2,
    retry: false,
    meaning: 'A desired file is not one plain CREATE TABLE.',
    remedy: 'Correct the file at the line that the message names.',
  },
  schema_too_large: {
    exitCode: 2,
    retry: false,
    meaning: 'A file, an input, a plan or a pulled schema is over its limit of size.',
    remedy: 'Split what the message names.',
  },
  rollback_impossible: {
    exitCode: 2,
    retry: false,
    meaning: 'A change cannot be taken back by the definitions of before it.',
    remedy: 'Read which table stands in the way; plan from files of your own.',
  },
  statement_invalid: {
    exitCode: 2,
    retry: false,
    meaning: 'A statement is not one plain ALTER TABLE, or the server refuses it.',
    remedy: 'Correct the statement.',
  },
  namespace_unknown: {
    exitCode: 2,
    retry: false,
    meaning: 'The target has no such namespace.',
    remedy: 'Create the schema on the server or correct the name.',
  },
  cannot_plan: {
    exitCode: 3,
    retry: false,
    meaning: 'No workspace for planning is permitted on this server.',
    remedy: 'Run the GRANT that the message names.',
  },
  workspace_lost: {
    exitCode: 1,
    retry: true,
    meaning: 'The scratch schema of a plan was dropped by somebody while it was in use.',
    remedy: 'Nothing: the plan is made again. Leave schemas named `_sterna_ws_…` alone.',
  },
  // Consent
  plan_blocked: {
    exitCode: 4,
    retry: false,
    meaning: 'The plan has a table that cannot be changed safely (P3).',
    remedy: 'Read the reasons in the plan.',
  },
  unsafe_not_allowed: {
    exitCode: 4,
    retry: false,
    meaning: 'The plan loses or may lose data and nobody consented (P2).',
    remedy: 'Apply with allowUnsafe if the loss is meant.',
  },
  plan_hash_differs: {
    exitCode: 3,
    retry: false,
    meaning: 'The approval is for another plan.',
    remedy: 'Read the plan again and approve its hash.',
  },
  // Control
  change_unknown: {
    exitCode: 2,
    retry: false,
    meaning: 'There is no change with this id.',
    remedy: 'Find it with `sterna list`.',
  },
  change_ambiguous: {
    exitCode: 2,
    retry: false,
    meaning: 'More than one change fits the id.',
    remedy: 'Give more of the id.',
  },
  control_refused: {
    exitCode: 3,
    retry: false,
    meaning: 'The message does not fit the state of the change (C3).',
    remedy: 'Use the command that the message names.',
  },
  target_held: {
    exitCode: 3,
    retry: false,
    meaning: 'Another change holds the target.',
    remedy: 'Wait for it, or start with onConflict queue.',
  },
  not_supported: {
    exitCode: 3,
    retry: false,
    meaning: 'This version does not do that yet.',
    remedy: 'Leave out what the message names.',
  },
  temporal_unreachable: {
    exitCode: 5,
    retry: true,
    meaning: 'No connection to Temporal.',
    remedy: 'Check the address and the profile.',
  },
  worker_missing: {
    exitCode: 5,
    retry: true,
    meaning: 'No worker answers on the data plane.',
    remedy: 'Start a worker for it, or correct --data-plane.',
  },
  // Execution
  drifted: {
    exitCode: 3,
    retry: false,
    meaning: 'The table is not as it was when planned (P1).',
    remedy: 'Plan again.',
  },
  table_grew: {
    exitCode: 3,
    retry: false,
    meaning: 'A table that was to be changed directly is not small any more.',
    remedy: 'Plan again: it is copied then, or refused.',
  },
  table_changed_underneath: {
    exitCode: 1,
    retry: false,
    meaning: 'Somebody changed the definition of the table during the copy.',
    remedy: 'Plan again.',
  },
  undrop_refused: {
    exitCode: 3,
    retry: false,
    meaning: 'A dropped table cannot be brought back: none is kept, or its name is taken.',
    remedy: 'Read the message; what it names is still there.',
  },
  not_revertible: {
    exitCode: 3,
    retry: false,
    meaning: 'The change cannot be taken back once its tables are swapped.',
    remedy: 'Leave the revert window out, or change the tables in a way that can be taken back.',
  },
  row_does_not_fit: {
    exitCode: 1,
    retry: false,
    meaning: 'An existing row does not fit the new definition.',
    remedy: 'Correct the row or the definition, then plan again.',
  },
  position_lost: {
    exitCode: 1,
    retry: false,
    meaning: 'The binlog position of the checkpoint is gone; an exact resume is impossible (E4).',
    remedy: 'Cancel and plan again; keep binlogs longer than a change stays stopped.',
  },
  binlog_unreadable: {
    exitCode: 1,
    retry: false,
    meaning: 'The binlog has an event that cannot be read.',
    remedy: 'Change the setting that the message names, then plan again.',
  },
  driver_replaced: {
    exitCode: 1,
    retry: true,
    meaning: 'Another driver has claimed this change (E1).',
    remedy: 'Nothing: the other one goes on.',
  },
  rows_differ: {
    exitCode: 1,
    retry: false,
    meaning: 'The copy does not become equal to the original (E3).',
    remedy: 'Nothing was swapped; report the table and the definition.',
  },
  swap_undecided: {
    exitCode: 1,
    retry: false,
    meaning: 'The outcome of the swap cannot be established (E5).',
    remedy: 'Compare both tables by hand as docs/operations.md says.',
  },
  lock_not_granted: {
    exitCode: 1,
    retry: true,
    meaning: 'A statement did not get its lock in time.',
    remedy: 'End the blockers that the status names.',
  },
  instant_refused: {
    exitCode: 1,
    retry: false,
    meaning: 'The server would copy the table for a statement that was planned as instant or in place.',
    remedy: 'Plan again.',
  },
  leftovers_found: {
    exitCode: 3,
    retry: false,
    meaning: 'A table with a name that Sterna needs exists already.',
    remedy: 'Remove it if no change owns it.',
  },
  internal: {
    exitCode: 1,
    retry: true,
    meaning: 'A fault in Sterna.',
    remedy: 'Report it with the log of the worker.',
  },
});

/** Stable: a code never changes its meaning. */
export type ErrorCode = keyof typeof ERRORS;

/** The one error that crosses module borders. The message says what was expected, found, and to be done. */
export class SternaError extends Error {
  override readonly name = 'SternaError';
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
  get retryable(): boolean {
    return ERRORS[this.code].retry;
  }
}
