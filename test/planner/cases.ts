import { tableName } from './planning.js';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Pair, Side } from './corpus.js';

const FOLDER = path.join(import.meta.dirname, 'cases');

/** A pair with the verdicts that are expected of the way from one side to the other and back. */
export interface Case extends Pair {
  readonly forth: string;
  readonly back: string;
}

/** What stands in `cases`: a sentence, the verdicts, and the two sides; named `<topic>/<name>`. */
export function readCases(): Case[] {
  const topics = readdirSync(FOLDER).sort();
  return topics.flatMap((topic) =>
    readdirSync(path.join(FOLDER, topic))
      .sort()
      .map((file) => readCase(`${topic}/${file.replace(/\.sql$/, '')}`)),
  );
}

function readCase(name: string): Case {
  const text = readFileSync(path.join(FOLDER, `${name}.sql`), 'utf8');
  const [, forth, back, from, to] =
    /^-- .+\n-- forth: (.+)\n-- back: (.+)\n-- from\n([\s\S]+)\n-- to\n([\s\S]+)\n$/.exec(text) ?? [];
  if (forth === undefined || back === undefined || from === undefined || to === undefined)
    throw new Error(`Expected a sentence, "-- forth", "-- back", "-- from" and "-- to" in ${name}.sql.`);
  return { name, forth, back, from: readSide(from), to: readSide(to) };
}

function readSide(text: string): Side {
  const statements = text.split(/;\n|;$/).filter((statement) => statement !== '');
  const isRow = (statement: string): boolean => statement.startsWith('INSERT ');
  return {
    tables: new Map(statements.filter((each) => !isRow(each)).map((sql) => [tableName(sql), sql])),
    rows: statements.filter(isRow),
  };
}
