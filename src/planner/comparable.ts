/**
 * A canonical text without what the server shows and does not mean anything, so that two texts which differ in it alone
 * are one definition. Each has its case in `test/planner/cases/cosmetic`.
 */
export function comparable(canonical: string): string {
  const close = canonical.lastIndexOf('\n)');
  const isInnodb = / ENGINE=InnoDB /.test(canonical.slice(close));
  const lines = canonical
    .slice(0, close)
    .split('\n')
    .map((line) => {
      if (/^ {2}CONSTRAINT `(?:[^`]|``)+` FOREIGN KEY /.test(line)) return withoutDefaultRules(line);
      return isInnodb && /^ {2}(?:PRIMARY |UNIQUE )?KEY /.test(line) ? withoutIgnoredWords(line) : line;
    });
  return lines.join('\n') + canonical.slice(close);
}

/** RESTRICT and NO ACTION are what happens when nothing is said, and are shown as they were written. */
function withoutDefaultRules(foreignKey: string): string {
  return foreignKey.replace(/ ON (?:DELETE|UPDATE) (?:RESTRICT|NO ACTION)/g, '');
}

/** What InnoDB keeps of an index and does not look at: its type and its block size. */
function withoutIgnoredWords(index: string): string {
  const comment = index.indexOf(" COMMENT '");
  const head = comment < 0 ? index : index.slice(0, comment);
  return (
    head.replace(/\) USING (?:BTREE|HASH)(?=$|,| )/, ')').replace(/\) KEY_BLOCK_SIZE=\d+(?=$|,| )/, ')') +
    index.slice(head.length)
  );
}
