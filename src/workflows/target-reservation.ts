import { CancellationScope } from '@temporalio/workflow';

/** Holds a target for the change that started it. Does nothing but exist; ends with its parent. */
export async function targetReservation(_: { readonly changeId: string }): Promise<void> {
  await CancellationScope.current().cancelRequested;
}
