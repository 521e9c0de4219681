import { splitDefinition } from './definition-text.js';

/** Default collations that are not `<charset>_general_ci`, as MySQL 8.0 to 9.7 have them; that of utf8mb4 is always written. */
const DEFAULT_COLLATIONS: Readonly<Record<string, string>> = {
  big5: 'big5_chinese_ci',
  cp932: 'cp932_japanese_ci',
  dec8: 'dec8_swedish_ci',
  eucjpms: 'eucjpms_japanese_ci',
  euckr: 'euckr_korean_ci',
  gb18030: 'gb18030_chinese_ci',
  gb2312: 'gb2312_chinese_ci',
  gbk: 'gbk_chinese_ci',
  hp8: 'hp8_english_ci',
  latin1: 'latin1_swedish_ci',
  latin5: 'latin5_turkish_ci',
  sjis: 'sjis_japanese_ci',
  swe7: 'swe7_swedish_ci',
  tis620: 'tis620_thai_ci',
  ujis: 'ujis_japanese_ci',
  utf8mb4: 'utf8mb4_0900_ai_ci',
};

const TEXT_COLUMN =
  /^( {2}`(?:[^`]|``)+` (?:char|varchar|tinytext|text|mediumtext|longtext|enum|set)\b(?:\((?:'(?:[^']|'')*'|[^)'])*\))?)(?: CHARACTER SET (\w+))?(?: COLLATE (\w+))?/;

/**
 * Writes charsets of columns in one way: not at all where a column has the table's collation, both names otherwise. The
 * server writes them as they were once given, so that two texts of it may mean one table: executing
 * `s varchar(9) COLLATE utf8mb4_bin` gives `s varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`.
 */
export function withColumnCharsets(showCreate: string): string {
  const { lines, options } = splitDefinition(showCreate);
  const [, tableCharset, written] = / DEFAULT CHARSET=(\w+)(?: COLLATE=(\w+))?/.exec(options) ?? [];
  if (tableCharset === undefined) return showCreate;
  const tableCollation = written ?? defaultCollation(tableCharset);
  const body = lines.map((line) =>
    line.replace(TEXT_COLUMN, (_, head: string, charset?: string, collation?: string) => {
      const effective = collation ?? (charset === undefined ? tableCollation : defaultCollation(charset));
      if (effective === tableCollation) return head;
      return `${head} CHARACTER SET ${charset ?? /^[a-z0-9]+/.exec(effective)?.[0]} COLLATE ${effective}`;
    }),
  );
  return body.join('\n') + options;
}

function defaultCollation(charset: string): string {
  return DEFAULT_COLLATIONS[charset] ?? (charset === 'binary' ? 'binary' : `${charset}_general_ci`);
}
