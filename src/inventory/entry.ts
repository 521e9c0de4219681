import { DEFAULT_TARGET_TYPE } from '../contract/index.js';
import { z } from 'zod';

/**
 * The shape of what an inventory says of one target, whoever keeps it. Strict: a field that is not known is a mistake,
 * not a comment.
 */

const words = z.record(z.string(), z.string());
const tls = z.enum(['disabled', 'preferred', 'required', 'verify-ca', 'verify-identity']);
const port = z.int().min(1).max(65_535);

const secret = z.string().min(1).describe('Secret reference, e.g. `env:NAME` or `file:/path`.');

const place = z.strictObject({
  config: z.string().min(1).describe('YAML or JSON document with the address, e.g. written by another tool.'),
  host: z.string().min(1).describe('Where in the document, e.g. `db.writer.host`.'),
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
  dsn: z.string().min(1).optional().describe('A DSN, or a secret reference to one.'),
  dsn_from: place.optional(),
  address: address.optional(),
  tls_ca: z.string().min(1).optional().describe("PEM file of the authority that signed the server's certificate."),
};
const isOne = (given: { readonly dsn?: unknown; readonly dsn_from?: unknown; readonly address?: unknown }): boolean =>
  [given.dsn, given.dsn_from, given.address].filter((way) => way !== undefined).length === 1;
/** For JSON Schema, which knows nothing of refinements. */
const ONE_WAY = oneOf(['dsn', 'dsn_from', 'address']);
const EXACTLY_ONE = { message: 'expected exactly one of dsn, dsn_from and address' };

const limit = z.number().positive().optional();

export const entryShape = z
  .strictObject({
    type: z
      .string()
      .min(1)
      .default(DEFAULT_TARGET_TYPE)
      .describe('Only `mysql` is served; an entry of another type is refused when it is asked for.'),
    environment: z.string().min(1),
    ...server,
    replicas: z
      .array(z.strictObject(server).refine(isOne, EXACTLY_ONE).meta(ONE_WAY))
      .default([])
      .describe('Copying holds while one of them lags behind.'),
    workspace: z
      .strictObject(server)
      .refine(isOne, EXACTLY_ONE)
      .meta(ONE_WAY)
      .optional()
      .describe('Server on which plans make their scratch schemas. @default the target'),
    throttle: z
      .strictObject({
        threads_running: limit,
        commit_latency_ms: limit,
        history_list_length: limit,
        replica_lag_seconds: limit,
        copies: z.int().positive().optional(),
      })
      .default({})
      .describe('Limits of load, at which copying and comparing hold.'),
    labels: words.default({}).describe('For selection.'),
    metadata: words.default({}).describe('For people.'),
    schema_overrides: words
      .optional()
      .describe('Requested namespace -> MySQL schema. Where it is present, every other namespace is refused.'),
    require_writer: z
      .boolean()
      .default(false)
      .describe('Refuses a read-only server before planning and before each step that writes.'),
    allow_database: z.boolean().default(false).describe('The DSN may name a database, which then is only a label.'),
  })
  .refine(isOne, EXACTLY_ONE)
  .meta({ id: 'entry', ...ONE_WAY });

/** What a list says of one target; whatever else stands there is left alone. */
export const summaryShape = z.object({
  target: z.string().min(1),
  environment: z.string().min(1),
  type: z.string().min(1).default(DEFAULT_TARGET_TYPE),
  labels: words.default({}),
});

export type InventoryEntry = z.infer<typeof entryShape>;
export type TargetEntry = InventoryEntry & { readonly target: string };
/** The part of an entry that says how a server is reached. */
export type ServerEntry = Pick<InventoryEntry, keyof typeof server>;

/** Exactly one of these fields, in JSON Schema. */
export function oneOf(fields: readonly string[]): { oneOf: { required: string[] }[] } {
  return { oneOf: fields.map((field) => ({ required: [field] })) };
}

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
