import { assertConsent as check, type Plan, SternaError } from '../contract/index.js';
import { refusal } from './change-input.js';

/** P2, P3: the failure that reaches whoever asked has the stable code. */
export function assertConsent(plan: Plan, allowUnsafe: boolean): void {
  try {
    check(plan, allowUnsafe);
  } catch (error) {
    throw error instanceof SternaError ? refusal(error.code, error.message) : error;
  }
}
