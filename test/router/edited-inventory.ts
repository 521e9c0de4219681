import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** An inventory file of one's own that is edited while it is used, as a whole at a time. */
export class EditedInventory {
  readonly #file: string;
  readonly #entries = new Map<string, object>();
  #written: Promise<void> = Promise.resolve();

  constructor(folder: string) {
    this.#file = path.join(folder, 'inventory.yaml');
  }

  /** @param entry undefined: there is none any more */
  set(target: string, entry: object | undefined): Promise<void> {
    if (entry === undefined) this.#entries.delete(target);
    else this.#entries.set(target, entry);
    // One after another: what is written last has every edit.
    this.#written = this.#written.then(() => this.#write());
    return this.#written;
  }

  async #write(): Promise<void> {
    const text = JSON.stringify({ targets: Object.fromEntries(this.#entries) }); // JSON is YAML
    await writeFile(`${this.#file}.next`, text);
    await rename(`${this.#file}.next`, this.#file);
  }
}
