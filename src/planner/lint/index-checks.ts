import { parseType } from '../column-types.js';
import type { IndexItem, TableDefinition } from '../table-definition.js';
import type { Check, Found } from './rule.js';

export const duplicateIndex: Check = ({ definition: { indexes } }) =>
  indexes.flatMap((index, i): Found[] => {
    const same = indexes.slice(0, i).find((other) => other.body === index.body && other.invisible === index.invisible);
    return same === undefined
      ? []
      : [{ rule: 'duplicate-index', message: `${named(index)} is the same as ${named(same)}; drop one of them.` }];
  });

/** Every search by a shorter index can be made by the longer one. */
export const redundantIndex: Check = ({ definition: { indexes } }) =>
  indexes.flatMap((index): Found[] => {
    const { columns } = index;
    if (columns === null || index.kind !== 'plain') return [];
    const longer = indexes.find(
      (other) =>
        other !== index &&
        !other.invisible &&
        ['primary', 'unique', 'plain'].includes(other.kind) &&
        other.columns !== null &&
        other.columns.length > columns.length &&
        columns.every((column, i) => other.columns?.[i] === column) &&
        !/ DESC/.test(index.body + other.body),
    );
    return longer === undefined
      ? []
      : [
          {
            rule: 'redundant-index',
            message: `${named(index)} holds the first columns of ${named(longer)}, which serves the same searches; drop it.`,
          },
        ];
  });

export const nullableUnique: Check = ({ definition }) =>
  definition.indexes.flatMap((index): Found[] => {
    const column = index.kind === 'unique' ? partsOf(definition, index).find(({ nullable }) => nullable) : undefined;
    return column === undefined
      ? []
      : [
          {
            rule: 'nullable-unique',
            column: column.name,
            message: `${named(index)} is no bar to rows in which \`${column.name}\` is NULL: any number of them may be equal; make it NOT NULL.`,
          },
        ];
  });

const TEMPORAL = ['date', 'datetime', 'timestamp', 'time'];

/** A range on one part of an index makes the parts behind it useless for searching. */
export const temporalFirst: Check = ({ definition }) =>
  definition.indexes.flatMap((index): Found[] => {
    const parts = partsOf(definition, index);
    const at = parts.findIndex(({ type }) => TEMPORAL.includes(parseType(type).name));
    const [column, next] = [parts[at], parts[at + 1]];
    if (index.kind !== 'plain' || column === undefined || next === undefined) return [];
    if (TEMPORAL.includes(parseType(next.type).name)) return [];
    return [
      {
        rule: 'temporal-first',
        column: column.name,
        message: `${named(index)} has \`${column.name}\` before \`${next.name}\`: times are searched by ranges, behind which no part is used; put it last.`,
      },
    ];
  });

function partsOf({ columns }: TableDefinition, index: IndexItem): TableDefinition['columns'] {
  return (index.columns ?? []).flatMap((name) => columns.find((column) => column.name === name) ?? []);
}

export function named({ name, kind }: IndexItem): string {
  return kind === 'primary' ? 'the primary key' : `index \`${name}\``;
}
