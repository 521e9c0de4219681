import { quoteName, splitDefinition, splitList, withoutQuoted, withoutWords } from '../mysql/index.js';

/** A table as its canonical text says, one item a line. */
export interface TableDefinition {
  readonly columns: readonly ColumnItem[];
  readonly indexes: readonly IndexItem[];
  readonly foreignKeys: readonly NamedItem[];
  readonly checks: readonly CheckItem[];
  /** Option -> value as written, e.g. `ENGINE` -> `InnoDB`. */
  readonly options: ReadonlyMap<string, string>;
  readonly partitions: string;
}

export interface NamedItem {
  readonly name: string;
  /** The whole item, as it can stand in CREATE or ALTER. */
  readonly text: string;
}

export interface CheckItem extends NamedItem {
  readonly condition: string;
  readonly enforced: boolean;
}

export interface ColumnItem extends NamedItem {
  /** What stands behind the name. */
  readonly definition: string;
  /** e.g. `varchar(20)`, `int unsigned` */
  readonly type: string;
  readonly nullable: boolean;
  readonly generated: 'virtual' | 'stored' | null;
  readonly autoIncrement: boolean;
  /** The reference system that every value has to have. */
  readonly srid: number | null;
  /** Effective, also where the text leaves them to the table's defaults; null for other than text. */
  readonly charset: string | null;
  readonly collation: string | null;
}

export interface IndexItem extends NamedItem {
  readonly kind: 'primary' | 'unique' | 'plain' | 'fulltext' | 'spatial';
  readonly invisible: boolean;
  /** The item without its name and visibility: equal bodies are the same index. */
  readonly body: string;
  /** Column names where every part is a whole column; null otherwise. */
  readonly columns: readonly string[] | null;
}

const NAME = '`((?:[^`]|``)+)`';
const TEXT_TYPE = /^(char|varchar|tinytext|text|mediumtext|longtext|enum|set)\b/;

/** Reads canonical text (`SHOW CREATE TABLE` without AUTO_INCREMENT). Throws on an item of unknown form. */
export function parseDefinition(canonical: string): TableDefinition {
  const { lines, options: tail } = splitDefinition(canonical);
  const partitionAt = tail.search(/\n\/\*!\d+ PARTITION BY/);
  const options = parseOptions(partitionAt < 0 ? tail : tail.slice(0, partitionAt));
  const defaults = { charset: options.get('DEFAULT CHARSET') ?? null, collation: options.get('COLLATE') ?? null };
  const columns: ColumnItem[] = [];
  const indexes: IndexItem[] = [];
  const foreignKeys: NamedItem[] = [];
  const checks: CheckItem[] = [];
  for (const line of lines.slice(1)) {
    const text = line.trim().replace(/,$/, '');
    const constraint = new RegExp(`^CONSTRAINT ${NAME} (FOREIGN KEY|CHECK) `).exec(text);
    if (text.startsWith('`')) columns.push(parseColumn(text, defaults));
    else if (constraint?.[2] === 'FOREIGN KEY') foreignKeys.push({ name: unquote(constraint[1]), text });
    else if (constraint?.[2] === 'CHECK') checks.push(parseCheck(unquote(constraint[1]), text));
    else indexes.push(parseIndex(text));
  }
  return {
    columns,
    indexes,
    foreignKeys,
    checks,
    options,
    partitions: partitionAt < 0 ? '' : tail.slice(partitionAt).trim(),
  };
}

function parseColumn(text: string, defaults: { charset: string | null; collation: string | null }): ColumnItem {
  const [, quoted, rest = ''] = new RegExp(`^${NAME} (.*)$`, 's').exec(text) ?? [];
  const type = /^[a-z]+(?: precision)?(?:\((?:'(?:[^']|'')*'|[^)'])*\))?(?: unsigned)?(?: zerofill)?/.exec(rest)?.[0];
  if (quoted === undefined || type === undefined) throw new Error(`unknown column form: ${text}`);
  // Comments, defaults and names may hold any word.
  const words = withoutQuoted(rest.slice(type.length));
  const srid = /\bSRID (\d+)/.exec(words)?.[1];
  const isText = TEXT_TYPE.test(type);
  const charset = /CHARACTER SET (\w+)/.exec(words)?.[1] ?? defaults.charset;
  const collation =
    /COLLATE (\w+)/.exec(words)?.[1] ?? (charset === defaults.charset ? defaults.collation : `${charset} default`);
  return {
    name: unquote(quoted),
    text,
    definition: rest,
    type,
    nullable: !/\bNOT NULL\b/.test(words),
    generated: /\bGENERATED ALWAYS AS\b/.test(words) ? (/\bSTORED\b/.test(words) ? 'stored' : 'virtual') : null,
    srid: srid === undefined ? null : Number(srid),
    autoIncrement: /\bAUTO_INCREMENT\b/.test(words),
    charset: isText ? charset : null,
    collation: isText ? collation : null,
  };
}

function parseCheck(name: string, text: string): CheckItem {
  const whole = text.slice(`CONSTRAINT ${quoteName(name)} `.length);
  const condition = whole.replace(/ \/\*!80016 NOT ENFORCED \*\/$/, '');
  return { name, text, condition, enforced: condition === whole };
}

function parseIndex(text: string): IndexItem {
  const found = new RegExp(`^(PRIMARY KEY|(?:(UNIQUE|FULLTEXT|SPATIAL) )?KEY ${NAME}) (.*)$`, 's').exec(text);
  if (found === null) throw new Error(`unknown item: ${text}`);
  const [, , modifier = '', quoted, rest = ''] = found;
  const primary = text.startsWith('PRIMARY KEY');
  const kind = primary ? 'primary' : ((modifier.toLowerCase() || 'plain') as IndexItem['kind']);
  const visible = withoutWords(rest, / \/\*!80000 INVISIBLE \*\//);
  const parts = splitList(rest);
  const whole = parts.every((part) => new RegExp(`^${NAME}( DESC)?$`).test(part));
  return {
    name: primary ? 'PRIMARY' : unquote(quoted),
    text,
    kind,
    invisible: visible !== rest,
    body: `${kind} ${visible}`,
    columns: whole ? parts.map((part) => unquote(/`((?:[^`]|``)+)`/.exec(part)?.[1])) : null,
  };
}

function parseOptions(text: string): Map<string, string> {
  const options = new Map<string, string>();
  const pattern = /(?:\/\*!\d+ )?(DEFAULT CHARSET|[A-Z_]+)=('(?:[^'\\]|''|\\.)*'|[^\s*]+)(?: \*\/)?/g;
  for (const [, name = '', value = ''] of text.matchAll(pattern)) options.set(name, value);
  const tablespace = /^[^=]*\/\*!\d+ TABLESPACE (`(?:[^`]|``)+`) \*\//.exec(text)?.[1];
  if (tablespace !== undefined) options.set('TABLESPACE', tablespace);
  return options;
}

function unquote(name: string | undefined): string {
  return (name ?? '').replaceAll('``', '`');
}
