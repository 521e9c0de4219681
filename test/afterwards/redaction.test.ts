import { expect, it } from 'vitest';
import { allHeard, allSecrets } from '../support/heard.js';
import { testServers } from '../support/servers.js';
import { temporalSays } from '../support/temporal-says.js';

const { mysqlA, mysqlB } = testServers();

/** When the servers were first asked for in this run, as Temporal writes it. */
const since = process.env.STERNA_TEST_SINCE ?? '';

it('nothing that was said in the whole run holds a password, a user or an address of a server (R2)', async () => {
  const heard = allHeard();
  const { workflows, said } = await temporalSays(`StartTime >= '${since}'`);
  const secrets = [...new Set([...allSecrets(), ...[mysqlA, mysqlB].map(({ host, port }) => `${host}:${port}`)])];
  const all = [...heard, ...said];
  const by = (who: string): number => all.filter((each) => each.by.startsWith(who)).length;
  console.log(
    `${secrets.length} secrets looked for in ${workflows} workflows, ${by('the log')} logs, ${by('sterna')} commands, ${by('metrics')} pages of metrics`,
  );
  expect(secrets.length).toBeGreaterThan(2);
  for (const who of ['the history', 'the log', 'sterna', 'metrics']) expect(by(who), who).toBeGreaterThan(0);
  const leaks = all.flatMap(({ by: who, text }) => {
    // To whoever runs it, who has the inventory, the doctor says what to grant to whom.
    const looked = who.startsWith('sterna doctor') ? text.replaceAll(/GRANT [^;"]* TO '[^']*'@/g, 'GRANT') : text;
    return secrets.filter((secret) => looked.includes(secret)).map((secret) => `${secret} in ${who}`);
  });
  expect(leaks).toEqual([]);
}, 240_000);
