import { styleText } from 'node:util';
import { highlight } from 'sql-highlight';
import type { Paint } from '../contract/index.js';

/** Colours where the terminal has them; NO_COLOR and FORCE_COLOR are heeded. Nothing where the output is no terminal. */
export function planPaint(stream: NodeJS.WriteStream = process.stdout): Paint | undefined {
  if (!(stream.isTTY && stream.hasColors())) return undefined;
  return {
    sql: (text) => highlight(text),
    warn: (text) => styled('yellow', text),
    refuse: (text) => styled('red', text),
    faint: (text) => styled('dim', text),
  };
}

/** Whether the stream takes it is known already. */
function styled(format: 'yellow' | 'red' | 'dim', text: string): string {
  return styleText(format, text, { validateStream: false });
}
