import { type RenamedColumn, SternaError } from '../contract/index.js';
import { quoteName, quoteTable, type Session } from '../mysql/index.js';
import { canonicalForms, type FormsOfSchema } from './canonical-forms.js';
import { comparable } from './comparable.js';
import { type DesiredTable, invalid } from './desired-files.js';
import { type Difference, diffTables } from './diff.js';
import { hiddenMembers, mayHideMembers } from './hidden-members.js';
import { type LiveTable, readingLive } from './live-tables.js';
import { refusalOf } from './refusal.js';
import { renamedText, renameStatement } from './renames.js';
import { parseDefinition, type TableDefinition } from './table-definition.js';
import type { Workspace } from './workspace.js';

/** What the server makes of definitions: asked in the scratch schema, or remembered from earlier plans. */
export class Definitions {
  #forms: Promise<FormsOfSchema> | undefined;
  /** Text -> canonical text, of this plan. */
  readonly #fresh = new Map<string, string>();
  /** By table, columns of desired enums and sets whose members the server does not show. */
  readonly #hidden = new Map<string, readonly string[]>();

  constructor(
    private readonly session: Session,
    private readonly physical: string,
    private readonly workspace: () => Promise<Workspace>,
  ) {}

  /** Throws `schema_file_invalid` for what the server refuses. */
  async canonical({ table, sql, file, text }: DesiredTable): Promise<string> {
    this.#forms ??= canonicalForms.of(this.session, this.physical);
    const known = (await this.#forms).get(sql);
    if (known !== undefined) return known;
    const workspace = await this.workspace();
    try {
      const canonical = await workspace.canonical(table, sql);
      const definition = parseDefinition(canonical);
      if (mayHideMembers(definition)) {
        const look = (session: Session): Promise<string[]> => hiddenMembers(session, quoteName(table), definition);
        this.#hidden.set(table, await workspace.look(table, [sql], look));
      } else this.#fresh.set(sql, canonical);
      return canonical;
    } catch (error) {
      if (!(error instanceof SternaError) || error.code !== 'sql_error') throw error;
      const { offset, said } = refusalOf(error, sql);
      throw invalid(file, text, text.indexOf(sql) + offset, `a table that the server accepts; ${said}`);
    }
  }

  /** Once it is sure that nobody else was at the scratch schema: a wrong form would be remembered for long. */
  async remember(): Promise<void> {
    const forms = await this.#forms;
    for (const [sql, canonical] of this.#fresh) forms?.set(sql, canonical);
  }

  /** From the definition with the new names; as the server makes it, if it does. */
  async diffRenamed(live: LiveTable, renames: readonly RenamedColumn[], to: TableDefinition): Promise<Difference[]> {
    const workspace = await this.workspace();
    try {
      const renamed = await workspace.result(live.name, [live.canonical, renameStatement(live.name, renames)]);
      return diffTables(parseDefinition(await this.settled(live.name, renamed)), to);
    } catch (error) {
      if (!(error instanceof SternaError) || error.code !== 'sql_error') throw error;
      const from = parseDefinition(renamedText(await this.settled(live.name, live.canonical), renames));
      return diffTables(
        from,
        to,
        renames.map((each) => each.to),
      );
    }
  }

  /** Of a desired table, after its `canonical`. */
  desiredHidden(table: string): readonly string[] {
    return this.#hidden.get(table) ?? [];
  }

  /** In fact, and not by the text; of the desired table after its `canonical`. */
  async hiddenMembers({
    name,
    canonical,
  }: LiveTable): Promise<{ live: readonly string[]; desired: readonly string[] }> {
    const definition = parseDefinition(canonical);
    const desired = this.desiredHidden(name);
    if (!mayHideMembers(definition)) return { live: [], desired };
    const workspace = await this.workspace();
    const look = (session: Session): Promise<string[]> =>
      hiddenMembers(session, quoteTable(this.physical, name), definition);
    // The scratch schema first says whether it is the reason of an error; then the live table is.
    const live = await readingLive(this.session, this.physical, name, () => workspace.look(name, [], look));
    return { live, desired };
  }

  /** Whether the server means the same by both. */
  async areSame(table: string, a: string, b: string): Promise<boolean> {
    return comparable(a) === comparable(b) || (await this.settled(table, a)) === (await this.settled(table, b));
  }

  /**
   * The server writes conditions otherwise once it has altered the table: literals are then in the charset of the column
   * that they are compared with.
   */
  async settled(table: string, canonical: string): Promise<string> {
    if (parseDefinition(canonical).checks.length === 0) return comparable(canonical);
    const workspace = await this.workspace();
    try {
      return comparable(await workspace.result(table, [canonical, `ALTER TABLE ${quoteName(table)} FORCE`]));
    } catch (error) {
      // Then it is compared as it is: what is planned with it will be refused as well, and say so.
      if (error instanceof SternaError && error.code === 'sql_error') return comparable(canonical);
      throw error;
    }
  }
}
