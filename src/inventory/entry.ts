import { z } from 'zod';

/**
 * The shape of what an inventory says of one target, whoever keeps it. Strict: a field that is not known is a mistake,
 * not a comment.
 */

const words = z.record(z.string(), z.string());
const tls = z.enum(['disabled', 'preferred', 'required', 'verify-ca', 'verify-identity']);
const port = z.int().min(1).max(65_535);

/** Secret reference, e.g. `env:NAME` or `file:/path`. */
const secret = z.string().min(1);

const place = z.strictObject({
  /** YAML or JSON document with the address, e.g. written by another tool. */
  config: z.string().min(1),
  /** Where in the document, e.g. `db.writer.host`. */
  host: z.string().min(1),
  port: z.string().min(1).optional(),
  user: z.string().min(1),
  password: secret,
  tls: tls.optional(),
});

const address = z.strictObject({
  host: z.string().min(1),
  port: port.default(3306),
  user: z.string().min(1),
  password: secret,
  tls: tls.default('preferred'),
});

/** How to reach one server. */
const server = {
  /** A DSN, or a secret reference to one. */
  dsn: z.string().min(1).optional(),
  dsn_from: place.optional(),
  address: address.optional(),
  /** PEM file of the authority that signed the server's certificate. */
  tls_ca: z.string().min(1).optional(),
};
const isOne = (given: { readonly dsn?: unknown; readonly dsn_from?: unknown; readonly address?: unknown }): boolean =>
  [given.dsn, given.dsn_from, given.address].filter((way) => way !== undefined).length === 1;
const EXACTLY_ONE = { message: 'expected exactly one of dsn, dsn_from and address' };

const limit = z.number().positive().optional();

export const entryShape = z
  .strictObject({
    /** Only `mysql` is served; an entry of another type is refused when it is asked for. */
    type: z.string().min(1).default('mysql'),
    environment: z.string().min(1),
    ...server,
    /** Copying holds while one of them lags behind. */
    replicas: z.array(z.strictObject(server).refine(isOne, EXACTLY_ONE)).default([]),
    /** Limits of load, at which copying and comparing hold. */
    throttle: z
      .strictObject({
        threads_running: limit,
        commit_latency_ms: limit,
        history_list_length: limit,
        replica_lag_seconds: limit,
        copies: z.int().positive().optional(),
      })
      .default({}),
    labels: words.default({}),
    metadata: words.default({}),
    schema_overrides: words.optional(),
    require_writer: z.boolean().default(false),
    /** The DSN may name a database, which then is only a label. */
    allow_database: z.boolean().default(false),
  })
  .refine(isOne, EXACTLY_ONE);

/** What a list says of one target; whatever else stands there is left alone. */
export const summaryShape = z.object({
  target: z.string().min(1),
  environment: z.string().min(1),
  type: z.string().min(1).default('mysql'),
  labels: words.default({}),
});

export type InventoryEntry = z.infer<typeof entryShape>;
export type TargetEntry = InventoryEntry & { readonly target: string };
/** The part of an entry that says how a server is reached. */
export type ServerEntry = Pick<InventoryEntry, keyof typeof server>;

/** Paths and expectations; zod's messages never hold the value itself. */
export function describeIssues(error: z.ZodError): string {
  const flat = (issues: readonly z.core.$ZodIssue[], prefix: PropertyKey[]): string[] =>
    issues.flatMap((issue) => {
      const path = [...prefix, ...issue.path];
      const meant = issue.code === 'invalid_union' ? meantForm(issue.errors) : undefined;
      if (meant !== undefined) return flat(meant, path);
      return [`${path.map(String).join('.') || 'the document'}: ${issue.message}`];
    });
  return flat(error.issues, []).join('; ');
}

/** Of several forms, the one whose kind was given: its mistakes are those that help. */
function meantForm(forms: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] | undefined {
  const isOtherKind = (issue: z.core.$ZodIssue): boolean => issue.code === 'invalid_type' && issue.path.length === 0;
  return forms.find((issues) => !issues.some(isOtherKind)) ?? forms[0];
}
