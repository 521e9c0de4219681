import { sameName } from '../../contract/index.js';
import { named } from './index-checks.js';
import type { Check, Found } from './rule.js';

/** An invisible index is taken back in a moment, a dropped one is built for hours. */
export const indexDroppedVisible: Check = ({ differences }) =>
  differences.flatMap((difference): Found[] =>
    difference.kind === 'drop-index' &&
    !difference.replaced &&
    !difference.index.invisible &&
    difference.index.kind !== 'primary'
      ? [
          {
            rule: 'index-dropped-visible',
            message: `${named(difference.index)} is dropped while it is in use: make it INVISIBLE in a change of its own first, and drop it when nothing has become slow.`,
          },
        ]
      : [],
  );

export const mixedVisibility: Check = ({ differences }) => {
  const visibility = differences.filter(({ kind }) => kind === 'index-visibility');
  return visibility.length > 0 && visibility.length < differences.length
    ? [
        {
          rule: 'mixed-visibility',
          message:
            'An index changes its visibility together with other things, and waits for them: change it by itself.',
        },
      ]
    : [];
};

/** A dropped and an added column of one type at one place: the values are lost, which may not be meant. */
export const possibleRename: Check = ({ before, definition, renames = [] }) =>
  (before?.columns ?? []).flatMap((gone, i): Found[] => {
    const added = definition.columns[i];
    if (added === undefined || gone.type !== added.type || gone.generated !== null || added.generated !== null)
      return [];
    if (definition.columns.some(({ name }) => sameName(name, gone.name))) return [];
    if (before?.columns.some(({ name }) => sameName(name, added.name))) return [];
    if (renames.some(({ from, to }) => sameName(from, gone.name) || sameName(to, added.name))) return [];
    return [
      {
        rule: 'possible-rename',
        column: gone.name,
        message: `\`${gone.name}\` is dropped with its values and \`${added.name}\` added at its place: if it is the same column, write "-- sterna:renamed from=${gone.name}" on a line above it.`,
      },
    ];
  });
