import { SternaError } from '../contract/index.js';
import type { ResolvedTarget } from './resolver.js';

/** Namespace of a request -> MySQL schema, in this one place. With overrides only mapped ones pass (R4). */
export function mapNamespace(
  { target, schemaOverrides }: Pick<ResolvedTarget, 'target' | 'schemaOverrides'>,
  namespace: string,
): string {
  if (schemaOverrides === undefined) return namespace;
  const physical = Object.hasOwn(schemaOverrides, namespace) ? schemaOverrides[namespace] : undefined;
  if (physical !== undefined) return physical;
  throw new SternaError(
    'namespace_not_allowed',
    `Expected a namespace that target ${target} allows (${Object.keys(schemaOverrides).sort().join(', ')}), got ${JSON.stringify(namespace)}. Use one of these or extend schemaOverrides.`,
  );
}
