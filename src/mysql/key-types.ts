/** What a column of the tracked key may be, so that its values in the binlog lead back to exactly their rows. */

export const KEY_TYPES: ReadonlySet<string> = new Set([
  'tinyint',
  'smallint',
  'mediumint',
  'int',
  'bigint',
  'year',
  'decimal',
  'char',
  'varchar',
  'binary',
  'varbinary',
  'date',
  'time',
  'datetime',
  'timestamp',
]);

/**
 * Charsets whose every character the binlog reader decodes as the server does; the others have some that it takes for
 * another one. Compared with the server's own conversion, byte by byte and for the multi-byte ones by pairs of bytes.
 * latin1 has five bytes without a character, which are noticed when they come.
 */
export const KEY_CHARSETS: ReadonlySet<string> = new Set([
  'ascii',
  'cp850',
  'cp852',
  'koi8r',
  'latin1',
  'latin2',
  'latin5',
  'latin7',
  'macce',
  'ucs2',
  'utf16',
  'utf16le',
  'utf32',
  'utf8mb3',
  'utf8mb4',
]);
