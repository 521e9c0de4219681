/** Workflow types, ids, task queues and search attributes: the names that a control plane may rely on. */

export const WORKFLOW_TYPES = {
  schemaChange: 'schemaChange',
  targetReservation: 'targetReservation',
  pullSchema: 'pullSchema',
  probeTargets: 'probeTargets',
  undropTable: 'undropTable',
} as const;

/** Task queue where none is named. */
export const DEFAULT_DATA_PLANE = 'sterna';

/** Task queues of a data plane. Controls have their own, so that a full copy queue never delays a stop. */
export function taskQueues(dataPlane: string): { main: string; control: string; copy: string } {
  return { main: dataPlane, control: `${dataPlane}.control`, copy: `${dataPlane}.copy` };
}

/** A target as people name it. */
export interface TargetRef {
  readonly target: string;
  readonly environment: string;
}

/** Workflow id of `schemaChange`: the change id. */
export function changeId({ target, environment }: TargetRef, suffix: string): string {
  return `${target}.${environment}.${suffix}`;
}

/** Workflow id of `targetReservation`: one change at a time holds a target. */
export function reservationId(ref: TargetRef & { readonly type: string }): string {
  return `reservation/${ref.environment}/${ref.type}/${ref.target}`;
}

/** Workflow id of `pullSchema`. */
export function pullId({ target, environment }: TargetRef, suffix: string): string {
  return `pull/${target}.${environment}.${suffix}`;
}

/** Workflow id of `undropTable`. */
export function undropId({ target, environment }: TargetRef, suffix: string): string {
  return `undrop/${target}.${environment}.${suffix}`;
}

/** Workflow id of `probeTargets`. */
export function probeId(suffix: string): string {
  return `probe/${suffix}`;
}

/** Search attributes and their Temporal types. `SternaRollout` is set on changes that a rollout starts. */
export const SEARCH_ATTRIBUTES = {
  SternaTarget: 'Keyword',
  SternaEnvironment: 'Keyword',
  SternaState: 'Keyword',
  SternaCaller: 'Keyword',
  SternaRollout: 'Keyword',
  SternaTables: 'KeywordList',
} as const;
