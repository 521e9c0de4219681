import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { SternaError } from '../contract/index.js';

/**
 * How the binlog reader has to read columns. Left to itself, it decodes text in JavaScript, some of it wrongly, and warns
 * of every row in a charset that it does not know; and it does not know VECTOR, so that it misreads what comes behind one.
 * It offers no setting for either, so its description of a table is completed here, in three methods that it keeps to itself.
 * What they do is known of one version only: `package.json` names it, and another one is refused.
 */
const PACKAGE = '@vlasky/zongji';
const VERSION = '0.9.0';

const VECTOR = 242; // MYSQL_TYPE_VECTOR
/** Types of which the reader makes a string, or bytes. */
const VARCHAR = 15;
const BLOB = 252;
const STRING = 254;

/** What the reader knows of a table, from the table's description in the binlog. */
interface TableMap {
  readonly tableId: number;
  readonly tableMap: Record<
    number,
    {
      readonly columns: { readonly type: number; charset: string | null }[];
      readonly columnSchemas: { COLUMN_TYPE: string }[];
    }
  >;
  columnTypes: number[];
  _enumSetValues: unknown;
  _readColumnMetadata: (this: TableMap, parser: unknown) => void;
  buildColumnSchemas: (this: TableMap) => unknown[];
  updateColumnInfo: (this: TableMap) => void;
}

let completed: Promise<void> | undefined;

/** Once in a process, before anything is read. Throws `binlog_unreadable` for a reader of another version. */
export function completeReader(): Promise<void> {
  const entry = createRequire(import.meta.url).resolve(PACKAGE);
  assertKnownVersion(createRequire(entry)('./package.json') as { version: string });
  completed ??= import(new URL('lib/binlog_event.js', pathToFileURL(entry)).href).then(
    (library: { TableMap: { prototype: TableMap } }) => complete(library.TableMap.prototype),
  );
  return completed;
}

export function assertKnownVersion({ version }: { readonly version: string }): void {
  if (version !== VERSION)
    throw new SternaError(
      'binlog_unreadable',
      `Expected ${PACKAGE} ${VERSION}, found ${version}. It may read columns in another way; install the version that Sterna asks for.`,
    );
}

/** Throws unless a table's description is of the reader that was completed: in a bundle there may be a second one. */
export function assertCompleted(event: object): void {
  if (completedPrototypes.has(Object.getPrototypeOf(event) as object)) return;
  throw new SternaError(
    'binlog_unreadable',
    `Expected the binlog reader that Sterna has completed, found another copy of ${PACKAGE}. Leave it out of bundles.`,
  );
}

const completedPrototypes = new WeakSet<object>();

function complete(prototype: TableMap): void {
  completedPrototypes.add(prototype);
  const { _readColumnMetadata, buildColumnSchemas, updateColumnInfo } = prototype;

  // A VECTOR is stored, and described, as a BLOB is.
  prototype._readColumnMetadata = function (parser) {
    this.columnTypes = this.columnTypes.map((type) => (type === VECTOR ? BLOB : type));
    _readColumnMetadata.call(this, parser);
  };

  // Names of the members of enums and sets, which only binlog_row_metadata=FULL has, would be decoded here.
  prototype.buildColumnSchemas = function () {
    this._enumSetValues = undefined;
    return buildColumnSchemas.call(this);
  };

  // Every string comes as its bytes, whatever the charset is, and without the zeros that BINARY is filled up with.
  prototype.updateColumnInfo = function () {
    updateColumnInfo.call(this);
    const table = this.tableMap[this.tableId];
    table?.columns.forEach((column, i) => {
      column.charset = null;
      const schema = table.columnSchemas[i];
      if (schema !== undefined && (column.type === VARCHAR || column.type === STRING)) schema.COLUMN_TYPE = 'varbinary';
    });
  };
}
