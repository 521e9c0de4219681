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
