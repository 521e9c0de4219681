import { parseType } from '../column-types.js';
import type { TableDefinition } from '../table-definition.js';
import type { Check, Found } from './rule.js';

export const foreignKey: Check = ({ definition }) =>
  definition.foreignKeys.map(({ name }) => ({
    rule: 'foreign-key',
    message: `Foreign key \`${name}\`: tables that it ties cannot be changed online; let the application keep what it says.`,
  }));

const REFERENCE = /FOREIGN KEY \((.*?)\) REFERENCES `((?:[^`]|``)+)` \((.*?)\)/;

/** What the parent has to have for each row of the child to have one parent. */
export const foreignKeyParent: Check = ({ definition }, { tables, isWhole }) =>
  definition.foreignKeys.flatMap(({ name, text }): Found[] => {
    const [, , parentName = '', list = ''] = REFERENCE.exec(text) ?? [];
    if (parentName === '' || /REFERENCES `[^`]+`\.`/.test(text)) return []; // of another schema
    const parent = tables.get(parentName.replaceAll('``', '`'));
    if (parent === undefined)
      return isWhole
        ? [found(name, `its parent \`${parentName}\` is not among the tables; add it, or drop the key`)]
        : [];
    const columns = list.split(',').map((part) => part.replaceAll('`', '').trim());
    const isUnique = parent.indexes.some(
      (index) =>
        (index.kind === 'primary' || index.kind === 'unique') &&
        index.columns?.length === columns.length &&
        columns.every((column) => index.columns?.includes(column)),
    );
    return isUnique
      ? []
      : [found(name, `(${columns.join(', ')}) of its parent \`${parentName}\` is not unique; add a unique key there`)];
  });

function found(key: string, text: string): Found {
  return { rule: 'foreign-key-parent', message: `Foreign key \`${key}\`: ${text}.` };
}

/** `user_id` beside a table `user` or `users` with an `id`: joins by unequal types use no index, or convert each row. */
export const relatedTypes: Check = ({ definition }, { tables }) =>
  definition.columns.flatMap((column): Found[] => {
    const other = /^(.+)_id$/.exec(column.name)?.[1];
    if (other === undefined) return [];
    const parent = [other, `${other}s`].find((name) => tables.has(name));
    const id = parent === undefined ? undefined : idOf(tables.get(parent));
    if (parent === undefined || id === undefined || comparable(id) === comparable(column)) return [];
    return [
      {
        rule: 'related-types',
        column: column.name,
        message: `\`${column.name}\` is ${comparable(column)}, and \`${parent}\`.\`id\` is ${comparable(id)}: a join converts each row; use one type.`,
      },
    ];
  });

type Column = TableDefinition['columns'][number];

function idOf(table: TableDefinition | undefined): Column | undefined {
  return table?.columns.find(({ name }) => name === 'id');
}

function comparable({ type, collation }: Column): string {
  const { name, unsigned } = parseType(type);
  return collation === null ? `${name}${unsigned ? ' unsigned' : ''}` : `text in ${collation}`;
}
