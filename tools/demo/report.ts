/** Checks and figures of the demo. Every check is printed; the exit code is 0 only if all held. */
export class Report {
  readonly #figures: [string, string][] = [];
  #failed = 0;
  readonly #started = performance.now();

  say(text: string): void {
    console.log(`${((performance.now() - this.#started) / 1_000).toFixed(1).padStart(6)} s  ${text}`);
  }

  check(what: string, held: boolean, detail = ''): void {
    if (!held) this.#failed += 1;
    this.say(`${held ? 'held  ' : 'FAILED'} ${what}${detail === '' ? '' : `: ${detail}`}`);
  }

  figure(name: string, value: string): void {
    this.#figures.push([name, value]);
  }

  /** Prints the summary and returns the exit code. */
  finish(): number {
    const width = Math.max(...this.#figures.map(([name]) => name.length));
    console.log('');
    for (const [name, value] of this.#figures) console.log(`  ${name.padEnd(width)}  ${value}`);
    console.log(`\n${this.#failed === 0 ? 'Every check held.' : `${this.#failed} checks failed.`}`);
    return this.#failed === 0 ? 0 : 1;
  }
}
