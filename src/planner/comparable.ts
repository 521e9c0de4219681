import { splitDefinition, withoutWords } from '../mysql/index.js';

/**
 * A canonical text without what the server shows and does not mean anything, so that two texts which differ in it alone
 * are one definition. Each has its case in `test/planner/cases/cosmetic`.
 */
export function comparable(canonical: string): string {
  const { lines, options } = splitDefinition(canonical);
  const isInnodb = / ENGINE=InnoDB /.test(options);
  const compared = lines.map((line) => {
    if (/^ {2}CONSTRAINT `(?:[^`]|``)+` FOREIGN KEY /.test(line)) return withoutDefaultRules(line);
    return isInnodb && /^ {2}(?:PRIMARY |UNIQUE )?KEY /.test(line) ? withoutIgnoredWords(line) : line;
  });
  return compared.join('\n') + options;
}

/** RESTRICT and NO ACTION are what happens when nothing is said, and are shown as they were written. */
function withoutDefaultRules(foreignKey: string): string {
  return withoutWords(foreignKey, / ON (?:DELETE|UPDATE) (?:RESTRICT|NO ACTION)/);
}

/** What InnoDB keeps of an index and does not look at: its type and its block size. */
function withoutIgnoredWords(index: string): string {
  return withoutWords(index, / USING (?:BTREE|HASH)(?=$|,| )| KEY_BLOCK_SIZE=\d+(?=$|,| )/);
}
