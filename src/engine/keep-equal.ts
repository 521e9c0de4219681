import type { StepOutcome } from '../contract/index.js';
import type { Driver } from './driver.js';

const HOLD_INTERVAL_MS = 100;
const HOLD_SAVE_MS = 1_000;

/** Flushes and saves again and again, until what these tables wait for is asked for. `meanwhile` takes a moment at most. */
export async function keepEqual(
  driver: Driver,
  tell: () => void,
  meanwhile = (): Promise<void> => Promise.resolve(),
): Promise<StepOutcome> {
  let savedAt = 0;
  for (;;) {
    await driver.checkpoint();
    const asked = driver.control.cutover;
    if (asked || Date.now() - savedAt > HOLD_SAVE_MS) {
      await driver.catchUp(driver.main);
      await driver.save(await driver.flush(driver.main));
      savedAt = Date.now();
      tell();
    }
    await driver.reached('holding');
    if (asked) return { outcome: 'asked' };
    await meanwhile();
    await driver.pause(HOLD_INTERVAL_MS);
  }
}
