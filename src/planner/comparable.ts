/**
 * A canonical text without what the server shows and does not mean anything, so that two texts which differ in it alone
 * are one definition. Each has its case in `test/planner/cases/cosmetic`.
 */
export function comparable(canonical: string): string {
  const close = canonical.lastIndexOf('\n)');
  const options = canonical.slice(close);
  const charset = / DEFAULT CHARSET=(\w+)/.exec(options)?.[1] ?? '';
  const isInnodb = options.startsWith('\n) ENGINE=InnoDB') || / ENGINE=InnoDB /.test(options);
  const lines = canonical.slice(0, close).split('\n');
  return (
    lines
      .map((line) => {
        // RESTRICT and NO ACTION are what happens when nothing is said, and are shown as they were written.
        if (/^ {2}CONSTRAINT `(?:[^`]|``)+` FOREIGN KEY /.test(line))
          return line.replace(/ ON (?:DELETE|UPDATE) (?:RESTRICT|NO ACTION)/g, '');
        // The table's charset beside a collation, where the column was defined while the table had another collation.
        if (line.startsWith('  `'))
          return line.replace(new RegExp(`^(  \`(?:[^\`]|\`\`)+\` [^']*) CHARACTER SET ${charset}(?= COLLATE )`), '$1');
        // Words about an index that InnoDB keeps and ignores.
        if (isInnodb && / KEY /.test(line))
          return line
            .replace(/(\)) USING (?:BTREE|HASH)(?=$|,| )/, '$1')
            .replace(/(\)) KEY_BLOCK_SIZE=\d+(?=$|,| )/, '$1');
        return line;
      })
      .join('\n') + options
  );
}
