import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { type LoadedInventory, loadInventory } from '../../src/inventory/index.js';

/** A folder of one test with an inventory in it. */
export class InventoryFolder implements AsyncDisposable {
  readonly env: NodeJS.ProcessEnv = {};
  readonly logged: string[] = [];
  private constructor(readonly folder: string) {}

  static async create(): Promise<InventoryFolder> {
    return new InventoryFolder(await mkdtemp(path.join(tmpdir(), 'sterna-inventory-')));
  }

  get file(): string {
    return path.join(this.folder, 'inventory.yaml');
  }

  /** @param content text as it is, anything else as YAML */
  async write(content: string | object, name = 'inventory.yaml'): Promise<void> {
    await writeFile(path.join(this.folder, name), typeof content === 'string' ? content : stringify(content));
  }

  load(): Promise<LoadedInventory> {
    const note = (_: object, message: string): void => void this.logged.push(message);
    return loadInventory(this.file, { log: { warn: note, error: note }, env: this.env });
  }

  async open(content: string | object): Promise<LoadedInventory> {
    await this.write(content);
    return this.load();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}
