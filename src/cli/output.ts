import { ERRORS, SternaError } from '../contract/index.js';

/** What a command prints: text for people, or one JSON object on stdout with `--json`. */
export class Output {
  constructor(readonly json: boolean) {}

  /** The result of a command. */
  result(object: object, text: string): void {
    process.stdout.write(this.json ? `${JSON.stringify(object)}\n` : `${text}\n`);
  }

  /** On the way to the result; nothing of it in JSON. */
  line(text: string): void {
    if (!this.json) process.stdout.write(`${text}\n`);
  }

  /** Work about one change: its id goes with every error. */
  async about(changeId: string, work: () => Promise<number>): Promise<number> {
    try {
      return await work();
    } catch (error) {
      return this.failure(error, changeId);
    }
  }

  /** Prints an error and returns the exit code. */
  failure(error: unknown, changeId?: string, state?: string): number {
    const code = error instanceof SternaError ? error.code : 'internal';
    const message = error instanceof Error ? error.message : String(error);
    if (this.json)
      process.stdout.write(`${JSON.stringify({ code, message, changeId, state })}\n`); // what is undefined is left out
    else process.stderr.write(`${code}: ${message}\n`);
    return ERRORS[code].exitCode;
  }
}
