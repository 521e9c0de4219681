import { KEY_TYPES } from '../../mysql/index.js';
import { parseType } from '../column-types.js';
import type { Check, Found } from './rule.js';

const CHARSETS: readonly string[] = ['utf8mb4', 'ascii', 'binary'];

export const primaryKey: Check = ({ definition }) =>
  definition.indexes.some(({ kind }) => kind === 'primary')
    ? []
    : [{ rule: 'primary-key', message: 'There is no primary key: replicas find each changed row by a scan. Add one.' }];

export const primaryKeyType: Check = ({ definition }) => {
  const key = definition.indexes.find(({ kind }) => kind === 'primary');
  return (key?.columns ?? []).flatMap((name): Found[] => {
    const column = definition.columns.find((each) => each.name === name);
    if (column === undefined || KEY_TYPES.has(parseType(column.type).name)) return [];
    return [
      {
        rule: 'primary-key-type',
        column: name,
        message: `\`${name}\` (${column.type}) of the primary key cannot be followed by an online copy; use an integer, a decimal, a text, a binary or a time.`,
      },
    ];
  });
};

export const charset: Check = ({ definition }) =>
  definition.columns.flatMap((column): Found[] =>
    column.charset === null || CHARSETS.includes(column.charset)
      ? []
      : [
          {
            rule: 'charset',
            column: column.name,
            message: `\`${column.name}\` is in ${column.charset}, which lacks most characters or is deprecated; use utf8mb4, or ascii for codes.`,
          },
        ],
  );

export const engine: Check = ({ definition }) => {
  const name = definition.options.get('ENGINE') ?? '';
  return name === 'InnoDB'
    ? []
    : [{ rule: 'engine', message: `The engine is ${name}, without transactions or online changes; use InnoDB.` }];
};

export const compression: Check = ({ definition: { options } }) => {
  const compressed =
    options.get('ROW_FORMAT') === 'COMPRESSED' || options.has('KEY_BLOCK_SIZE') || options.has('COMPRESSION');
  return compressed
    ? [
        {
          rule: 'compression',
          message: 'The table is compressed: less on disk for more CPU and memory, and slower changes; measure before.',
        },
      ]
    : [];
};

export const reservedWord: Check = ({ name, definition }, { reservedWords }) =>
  namesOf(name, definition).flatMap(([what, word, column]): Found[] =>
    reservedWords.has(word.toUpperCase())
      ? [
          {
            rule: 'reserved-word',
            message: `The ${what} \`${word}\` is a reserved word: it has to be quoted in every statement; choose another name.`,
            ...(column ? { column: word } : {}),
          },
        ]
      : [],
  );

export const nameCase: Check = ({ name, definition }) =>
  namesOf(name, definition).flatMap(([what, word, column]): Found[] =>
    word === word.toLowerCase()
      ? []
      : [
          {
            rule: 'name-case',
            message: `The ${what} \`${word}\` has upper-case letters, which some servers and tools do not keep; use lower case.`,
            ...(column ? { column: word } : {}),
          },
        ],
  );

function namesOf(
  table: string,
  { columns, indexes }: Parameters<Check>[0]['definition'],
): readonly (readonly [what: string, word: string, isColumn: boolean])[] {
  return [
    ['table', table, false],
    ...columns.map(({ name }) => ['column', name, true] as const),
    ...indexes.filter(({ kind }) => kind !== 'primary').map(({ name }) => ['index', name, false] as const),
  ];
}
