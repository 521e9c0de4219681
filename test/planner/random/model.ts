/** A table as random tests know it: columns are referred to by their ids, so that a rename takes everything along. */
export interface Table {
  readonly columns: readonly Column[];
  readonly indexes: readonly Index[];
  readonly checks: readonly Check[];
  readonly partitions: Partitions | null;
  readonly options: Options;
}

export interface Type {
  readonly name: string;
  readonly size: number | null;
  readonly scale: number | null;
  readonly unsigned: boolean;
  readonly zerofill: boolean;
  /** Of an enum or a set. */
  readonly members: readonly string[];
  readonly collation: string | null;
  readonly srid: number | null;
}

export interface Column {
  readonly id: number;
  readonly name: string;
  /** The name from which the values come, told in the file. */
  readonly renamedFrom: string | null;
  readonly type: Type;
  readonly nullable: boolean;
  readonly value: Value | null;
  readonly onUpdate: boolean;
  readonly generated: Generated | null;
  readonly autoIncrement: boolean;
  readonly invisible: boolean;
  readonly comment: string;
  /** Words that InnoDB keeps and does not look at. */
  readonly words: string;
}

export interface Value {
  readonly kind: 'literal' | 'expression' | 'now' | 'null';
  readonly text: string;
  readonly expression: Expression;
}

export interface Generated {
  readonly stored: boolean;
  readonly expression: Expression;
}

/** Which columns, and what is made of them: by the kind of the column that is found there (`expressions.ts`). */
export interface Expression {
  readonly columns: readonly [number, number];
  readonly form: number;
  readonly text: string;
  readonly number: number;
}

export interface Index {
  readonly kind: 'primary' | 'unique' | 'plain' | 'fulltext' | 'spatial';
  /** Null: the server names it. */
  readonly name: string | null;
  readonly parts: readonly Part[];
  readonly invisible: boolean;
  readonly comment: string;
  readonly ngram: boolean;
  readonly blockSize: number | null;
  readonly attribute: boolean;
  readonly using: string;
}

export interface Part {
  readonly column: number;
  readonly prefix: number | null;
  readonly descending: boolean;
  readonly expression: Expression | null;
}

export interface Check {
  readonly name: string | null;
  readonly expression: Expression;
  readonly enforced: boolean;
}

export interface Partitions {
  readonly method: 'hash' | 'key' | 'range' | 'list' | 'range columns' | 'list columns';
  readonly linear: boolean;
  readonly algorithm: number;
  readonly columns: readonly [number, number];
  readonly form: number;
  /** Of hash and key. */
  readonly count: number;
  /** Of range and list. */
  readonly parts: readonly Partition[];
  readonly maxvalue: boolean;
  readonly subpartitions: Subpartitions | null;
}

export interface Partition {
  readonly name: string;
  /** Grows from one to the next; of a list, the first of its values. */
  readonly bound: number;
  readonly comment: string;
  readonly rows: number | null;
  readonly hasTablespace: boolean;
}

export interface Subpartitions {
  readonly method: 'hash' | 'key';
  readonly linear: boolean;
  readonly column: number;
  readonly count: number;
  readonly named: boolean;
}

/** By their names; `collation` stands for the charset as well. */
export interface Options {
  readonly collation: string | null;
  readonly others: Readonly<Record<string, string>>;
}

export const INTEGERS = ['tinyint', 'smallint', 'mediumint', 'int', 'bigint'];
export const SPATIAL = [
  ...['geometry', 'point', 'linestring', 'polygon'],
  ...['multipoint', 'multilinestring', 'multipolygon', 'geometrycollection'],
];

/** What can be done with a column's values. */
export type Family = 'number' | 'text' | 'binary' | 'date' | 'time' | 'json' | 'spatial' | 'vector' | 'bit';

export function familyOf({ name }: Type): Family {
  if (/char$|text$|^enum$|^set$/.test(name)) return 'text';
  if (/binary$|blob$/.test(name)) return 'binary';
  if (['date', 'datetime', 'timestamp'].includes(name)) return 'date';
  if (SPATIAL.includes(name)) return 'spatial';
  return name === 'time' || name === 'json' || name === 'vector' || name === 'bit' ? name : 'number';
}

/** Without a length of its own: no literal default, indexed by a prefix only. */
export function isLarge({ name }: Type): boolean {
  return /text$|blob$|^json$|^vector$/.test(name) || SPATIAL.includes(name);
}

/** The one at that place, or the next that is there. */
export function at<T>(list: readonly T[], i: number): T | undefined {
  return list.length === 0 ? undefined : list[Math.abs(i) % list.length];
}
