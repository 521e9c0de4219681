import { TestNamespace } from '../test/support/namespace.js';
import { EngineChange, fill } from '../test/support/online-change.js';

/**
 * The online copy against the limit, a rebuild in place on the same server and table: ratios of one run, medians of
 * three rounds. `./dev bench copy`
 */
const ROWS = 500_000;
const ROUNDS = 3;
const TABLE = (name: string): string =>
  `CREATE TABLE \`${name}\` (id BIGINT AUTO_INCREMENT PRIMARY KEY, k INT NOT NULL, note VARCHAR(200) NOT NULL, KEY k (k))`;

await using space = await TestNamespace.create('bench');
const limit: number[] = [];
const copy: number[] = [];
for (let round = 1; round <= ROUNDS; round += 1) {
  await space.query(`DROP TABLE IF EXISTS t`);
  await space.query(TABLE('t'));
  await fill(space, 't', ROWS);
  limit.push(await seconds(() => space.query('ALTER TABLE t FORCE, ALGORITHM=INPLACE')));
  await using change = await EngineChange.plan(space, 't', 'MODIFY k BIGINT NOT NULL', ROWS);
  copy.push(await seconds(() => change.run()));
  console.log(
    `round ${round}: rebuild in place ${limit.at(-1)?.toFixed(2)} s, online copy ${copy.at(-1)?.toFixed(2)} s`,
  );
}
const [base, online] = [median(limit), median(copy)];
console.log(`\n${ROWS} rows, one secondary index, idle, volume 11, with comparison and swap`);
console.log(`rebuild in place  ${base.toFixed(2)} s  1.00`);
console.log(
  `online copy       ${online.toFixed(2)} s  ${(online / base).toFixed(2)}  (${Math.round(ROWS / online)} rows/s)`,
);

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1_000;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
