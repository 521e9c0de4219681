const MAX_CHARACTERS = 64;
/** InnoDB keeps a table in a file of its name: 255 bytes, less the ending and some room for partitions' names. */
const MAX_FILE_BYTES = 200;

/**
 * Whether Sterna may give a table this name. In the name of its file a server writes every character but letters, digits
 * and the underscore as up to five bytes. Source: https://dev.mysql.com/doc/refman/8.4/en/identifier-mapping.html
 */
export function isTableName(name: string): boolean {
  const fileBytes = name.replace(/\W/gu, '@0000').length;
  return Array.from(name).length <= MAX_CHARACTERS && fileBytes <= MAX_FILE_BYTES;
}
