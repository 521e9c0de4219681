/** What a row and a byte cost at the default volume, from the figures of docs/performance.md: its four shapes, with writes. */
const SECONDS_PER_ROW = 16e-6;
const BYTES_PER_SECOND = 40e6;

/** How long a copy with its comparison takes on a server that is not busy. Seconds; an order of magnitude, not a promise. */
export function copySeconds(rows: number, bytes: number): number {
  return Math.ceil(rows * SECONDS_PER_ROW + bytes / BYTES_PER_SECOND);
}
