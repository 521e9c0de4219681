import { readFile } from 'node:fs/promises';

/** What `SternaClient` asks of Temporal. A method that is missing here is missing in the built CLI. */
const METHODS = [
  'DescribeNamespace',
  'DescribeTaskQueue',
  'DescribeWorkflowExecution',
  'GetSystemInfo',
  'GetWorkflowExecutionHistory',
  'ListWorkflowExecutions',
  'PollWorkflowExecutionUpdate',
  'QueryWorkflow',
  'RequestCancelWorkflowExecution',
  'SignalWorkflowExecution',
  'StartWorkflowExecution',
  'TerminateWorkflowExecution',
  'UpdateWorkflowExecution',
];
const SERVICE = 'temporal.api.workflowservice.v1.WorkflowService';
/** Services that the client library creates beside it and that nothing here calls. */
const UNCALLED = ['temporal.api.operatorservice.v1.OperatorService', 'temporal.api.testservice.v1.TestService'];
/** Types that the client library takes by name, not by a reference from another one. */
const BY_NAME = [
  'google.rpc',
  'grpc.health.v1',
  'temporal.api.enums.v1',
  'temporal.api.errordetails.v1',
  'temporal.api.history.v1.History',
  'temporal.api.sdk.v1.ExternalStorageReference',
  'temporal.api.workflow.v1.VersioningOverride',
];
const SCALAR = /^(double|float|u?int(32|64)|s?fixed(32|64)|sint(32|64)|bool|string|bytes)$/;

/**
 * The Temporal client builds its message types from one large description when it is loaded; four fifths of it are
 * messages that the CLI never sends, and building them takes half of the time that a short command needs (measured:
 * 430 ms for a listing with all of them, 230 ms without).
 *
 * @type {import('esbuild').Plugin}
 */
export const pruneDescriptors = {
  name: 'prune-descriptors',
  setup(build) {
    build.onLoad({ filter: /@temporalio\/proto\/protos\/json-module\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const from = text.indexOf('.addJSON(') + '.addJSON('.length;
      const to = text.lastIndexOf(');', text.lastIndexOf('module.exports'));
      const root = new Function(`return (${text.slice(from, to)});`)();
      prune(root);
      // As a text, since V8 reads JSON faster than the same as code.
      const json = `JSON.parse(${JSON.stringify(JSON.stringify(root))})`;
      return { contents: `${text.slice(0, from)}${json}${text.slice(to)}` };
    });
  },
};

/**
 * @typedef {object} Descriptor
 * @property {Record<string, Descriptor>} [nested]
 * @property {Record<string, {type: string, keyType?: string}>} [fields]
 * @property {Record<string, {requestType: string, responseType: string}>} [methods]
 */

/** @param {Record<string, Descriptor>} root changed in place */
export function prune(root) {
  const service = expect(root, SERVICE);
  const all = service.methods ?? {};
  service.methods = Object.fromEntries(
    METHODS.map((name) => {
      const method = all[name];
      if (method === undefined) throw new Error(`Expected ${SERVICE} to have ${name}, found no such method.`);
      return [name, method];
    }),
  );
  for (const name of UNCALLED) expect(root, name).methods = {};
  const kept = new Set();
  for (const name of [SERVICE, ...UNCALLED, ...BY_NAME]) keep(root, name, kept);
  removeOthers(root, '', kept);
}

/**
 * A name and everything that it refers to.
 *
 * @param {Record<string, Descriptor>} root
 * @param {string} name
 * @param {Set<string>} kept
 */
function keep(root, name, kept) {
  if (kept.has(name)) return;
  kept.add(name);
  const { nested = {}, fields = {}, methods = {} } = expect(root, name);
  const types = [
    ...Object.values(fields).flatMap(({ type, keyType }) => [type, ...(keyType === undefined ? [] : [keyType])]),
    ...Object.values(methods).flatMap(({ requestType, responseType }) => [requestType, responseType]),
  ];
  for (const type of types) if (!SCALAR.test(type)) keep(root, resolve(root, name, type), kept);
  for (const child of Object.keys(nested)) keep(root, `${name}.${child}`, kept);
}

/**
 * A type name as it is meant within a scope: the innermost one first.
 *
 * @param {Record<string, Descriptor>} root
 * @param {string} scope
 * @param {string} type
 */
function resolve(root, scope, type) {
  if (type.startsWith('.')) return type.slice(1);
  for (let parts = scope.split('.'); ; parts = parts.slice(0, -1)) {
    const name = [...parts, type].join('.');
    if (find(root, name) !== undefined) return name;
    if (parts.length === 0) throw new Error(`Expected the type ${type} of ${scope} among the descriptions.`);
  }
}

/**
 * @param {Record<string, Descriptor>} nested
 * @param {string} prefix
 * @param {ReadonlySet<string>} kept
 */
function removeOthers(nested, prefix, kept) {
  for (const [name, descriptor] of Object.entries(nested)) {
    const path = prefix + name;
    if (kept.has(path)) continue;
    if (![...kept].some((each) => each.startsWith(`${path}.`))) delete nested[name];
    else removeOthers(descriptor.nested ?? {}, `${path}.`, kept);
  }
}

/**
 * @param {Record<string, Descriptor>} root
 * @param {string} name
 * @returns {Descriptor | undefined}
 */
function find(root, name) {
  /** @type {Descriptor | undefined} */
  let found = { nested: root };
  for (const part of name.split('.')) found = found?.nested?.[part];
  return found;
}

/**
 * @param {Record<string, Descriptor>} root
 * @param {string} name
 */
function expect(root, name) {
  const found = find(root, name);
  if (found === undefined) throw new Error(`Expected ${name} among Temporal's descriptions, found none.`);
  return found;
}
