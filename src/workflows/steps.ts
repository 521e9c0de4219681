import type { ChangeActivities } from '../contract/index.js';

/** The activities that a change goes through. */
export type Step = Exclude<keyof ChangeActivities, 'cleanUp'>;

/** What people read of each. */
export const WORDS: Readonly<Record<Step, string>> = {
  claimTarget: 'claim',
  runStatements: 'change',
  prepareTables: 'prepare',
  copyTables: 'copy',
  holdTables: 'hold',
  cutOver: 'cut over',
  guardRevert: 'guard',
  revertTables: 'revert',
};

/** After these, their tasks are as planned. They change tables of the application, so their end is awaited. */
export const FINAL: readonly Step[] = ['runStatements', 'cutOver'];
