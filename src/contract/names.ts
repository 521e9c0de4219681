/** Workflow types, ids, task queues and search attributes: the names that a control plane may rely on. */

export const WORKFLOW_TYPES = {
  schemaChange: 'schemaChange',
  targetReservation: 'targetReservation',
  pullSchema: 'pullSchema',
  probeTargets: 'probeTargets',
  undropTable: 'undropTable',
} as const;

export const DEFAULT_DATA_PLANE = 'sterna';

/** Task queues of a data plane. Controls have their own, so that a full copy queue never delays a stop. */
export function taskQueues(dataPlane: string): { main: string; control: string; copy: string } {
  return { main: dataPlane, control: `${dataPlane}.control`, copy: `${dataPlane}.copy` };
}

export interface TargetRef {
  readonly target: string;
  readonly environment: string;
}

export function changeId({ target, environment }: TargetRef, suffix: string): string {
  return `${target}.${environment}.${suffix}`;
}

export function reservationId(ref: TargetRef & { readonly type: string }): string {
  return `reservation/${ref.environment}/${ref.type}/${ref.target}`;
}

export function pullId({ target, environment }: TargetRef, suffix: string): string {
  return `pull/${target}.${environment}.${suffix}`;
}

export function undropId({ target, environment }: TargetRef, suffix: string): string {
  return `undrop/${target}.${environment}.${suffix}`;
}

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
