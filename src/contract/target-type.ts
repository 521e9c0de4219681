/**
 * The types of database that Sterna changes. Another one is added here, and as an opener of its target clients
 * (`src/target/open-target-client.ts`); router, activities and workflows carry whichever it is.
 */
export const TARGET_TYPES = ['mysql'] as const;

/** Type of a target's database. */
export type TargetType = (typeof TARGET_TYPES)[number];

/** Of a target for which none is said. */
export const DEFAULT_TARGET_TYPE: TargetType = 'mysql';

/** Whether Sterna has clients for it. */
export function isTargetType(type: unknown): type is TargetType {
  return TARGET_TYPES.some((known) => known === type);
}
