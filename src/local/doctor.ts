import { type Finding, type ErrorCode, ERRORS, SternaError } from '../contract/index.js';
import type { TargetRouter } from '../router/index.js';
import {
  type FoundChange,
  type LeftoverTable,
  type Log,
  operationContext,
  type TargetClient,
  type TargetExamination,
} from '../target/index.js';
import { type Answer, decideStand, type Stand } from './stand.js';

export interface DoctorRequest {
  readonly target: string;
  readonly environment: string;
  /** Only these; absent: all that the target allows. */
  readonly namespaces?: readonly string[] | undefined;
  /** Remove what changes that have ended have left. */
  readonly fix: boolean;
  /** With `fix`: also this change, which nothing drives and nobody wants any more. */
  readonly cancel?: string | undefined;
  /** Asks Temporal. */
  readonly ask: (changeId: string) => Promise<Answer>;
  readonly log: Log;
}

export interface Diagnosis {
  readonly target: string;
  readonly environment: string;
  readonly findings: readonly Finding[];
  /** Ids of changes whose leftovers were removed. */
  readonly removed: readonly string[];
  /** Why the target could not be looked at. */
  readonly error?: ErrorCode;
}

interface JudgedChange {
  readonly found: FoundChange;
  readonly stand: Stand;
}

/** Looks at a target from this process. Changes nothing, unless it is told to remove what is known to be nobody's. */
export async function diagnose(router: Pick<TargetRouter, 'use'>, request: DoctorRequest): Promise<Diagnosis> {
  const { target, environment } = request;
  try {
    return await router.use({ target, environment, type: 'mysql' }, (client) => new Doctor(client, request).run());
  } catch (error) {
    if (!(error instanceof SternaError)) throw error;
    const { code, message } = error;
    const finding: Finding = { code, level: 'problem', message: `${message} ${ERRORS[code].remedy}`, run: [] };
    return { target, environment, findings: [finding], removed: [], error: code };
  }
}

class Doctor {
  constructor(
    private readonly client: TargetClient,
    private readonly request: DoctorRequest,
  ) {}

  async run(): Promise<Diagnosis> {
    const { target, environment, namespaces, fix } = this.request;
    const removed: string[] = [];
    const failed: Finding[] = [];
    let examination = await this.client.examine(namespaces);
    if (fix) {
      for (const judged of await this.#judge(examination)) {
        const id = judged.found.change?.id;
        if (id === undefined || !this.#mayRemove(judged)) continue;
        try {
          await this.#remove(judged.found, id);
          removed.push(id);
        } catch (error) {
          if (!(error instanceof SternaError)) throw error;
          const message = `What change ${id} has left stays: ${error.message}`;
          failed.push({ code: `not-removed`, level: 'problem', message, run: [] });
        }
      }
      if (removed.length > 0) examination = await this.client.examine(namespaces);
    }
    const changes = (await this.#judge(examination)).map((judged) => this.#changeFinding(judged));
    const tables = examination.leftovers.tables.map(tableFinding);
    return { target, environment, findings: [...examination.findings, ...failed, ...changes, ...tables], removed };
  }

  async #judge({ leftovers }: TargetExamination): Promise<JudgedChange[]> {
    const judged: JudgedChange[] = [];
    for (const found of leftovers.changes) judged.push({ found, stand: await this.#standOf(found) });
    return judged;
  }

  /** Of one that no workflow drives, Temporal knows nothing: it lives while a process holds it. */
  async #standOf({ change, drivers, heldBy }: FoundChange): Promise<Stand> {
    if (change === undefined) return 'unknown';
    if (change.kept !== null) return heldBy === null ? 'not_found' : 'lives';
    return decideStand(await this.request.ask(change.id), { drivers, untouchedSeconds: change.untouchedSeconds });
  }

  #mayRemove({ found, stand }: JudgedChange): boolean {
    if (stand === 'ended') return true;
    return stand === 'not_found' && found.drivers.length === 0 && found.change?.id === this.request.cancel;
  }

  async #remove(found: FoundChange, id: string): Promise<void> {
    // Held meanwhile, so that no process goes on with it.
    await using hold = await this.client.holdChange(id);
    const confirm = async (): Promise<void> => {
      // Once more, right before the claim: it may have been reset, or resumed.
      if (found.change?.kept !== null) return hold.assertHeld();
      if (this.#mayRemove({ found, stand: await this.#standOf(found) })) return;
      throw new SternaError('driver_replaced', `Change ${id} lives again; nothing of it is removed.`);
    };
    await this.client.removeChange(found, operationContext({ log: this.request.log, confirm }));
  }

  #changeFinding({ found, stand }: JudgedChange): Finding {
    const { change, namespace, name, heldBy, drivers } = found;
    const { target, environment } = this.request;
    const doctor = `sterna doctor -t ${target} -e ${environment} --fix`;
    if (change === undefined)
      return {
        code: 'empty-state',
        level: 'problem',
        message: `State table ${namespace}.${name} has no rows: its change was interrupted before it made anything else.`,
        run: [`DROP TABLE ${quoted(namespace, name)}`],
      };
    const { id, kept } = change;
    const tables = change.records.map((record) => record.taskId).join(', ');
    const what = `Change ${id}${tables === '' ? '' : ` of ${tables}`}`;
    const cancel = `${doctor} --cancel ${id}`;
    if (stand === 'lives' && kept !== null)
      return note(`${what} runs in a process, on connection ${heldBy} of the server.`);
    if (stand === 'lives') return note(`${what} lives.`, [`sterna status ${id}`]);
    const problem = (code: string, message: string, run: readonly string[]): Finding => ({
      code,
      level: 'problem',
      message,
      run,
    });
    if (stand === 'ended') return problem('change-ended', `${what} has ended and has left something.`, [doctor]);
    if (stand === 'unknown')
      return problem(
        'change-unknown',
        `${what} may live: Temporal cannot be asked. Nothing of it is removed until it can.`,
        [],
      );
    if (kept !== null)
      return problem(
        'change-interrupted',
        `${what} was interrupted. The first command goes on with it, the second gives it up.`,
        [kept.resume, cancel],
      );
    if (drivers.length > 0)
      return problem(
        'change-elsewhere',
        `${what} is driven by connection ${drivers.join(', ')} of the server, and this Temporal does not know it. Ask the Temporal that it belongs to.`,
        [],
      );
    return problem(
      'change-not-found',
      `${what} is not known to this Temporal, which would still know it if it belonged there. Ask the Temporal that it belongs to; where that is gone for good, the command removes it.`,
      [cancel],
    );
  }
}

function note(message: string, run: readonly string[] = []): Finding {
  return { code: 'change-lives', level: 'note', message, run };
}

/** Never removed: its name is no proof of whose it is. */
function tableFinding({ namespace, name, kind }: LeftoverTable): Finding {
  const drop = `DROP TABLE ${quoted(namespace, name)}`;
  switch (kind) {
    case 'dropped':
      return {
        code: 'quarantined-table',
        level: 'note',
        message: `${namespace}.${name} was kept when it was to be dropped. Drop it when nobody misses it.`,
        run: [drop],
      };
    case 'shadow':
      return {
        code: 'table-without-change',
        level: 'problem',
        message: `${namespace}.${name} has the name of a copy that is being made, and belongs to no change. Look at it; if it is one, drop it.`,
        run: [drop],
      };
    case 'old':
      return {
        code: 'table-without-change',
        level: 'problem',
        message: `${namespace}.${name} has the name of a table as it was before a swap, and belongs to no change. Look at it; if nobody misses it, drop it.`,
        run: [drop],
      };
  }
}

function quoted(namespace: string, name: string): string {
  return [namespace, name].map((part) => `\`${part.replaceAll('`', '``')}\``).join('.');
}
