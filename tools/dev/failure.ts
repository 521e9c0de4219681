/** What is told to the person who typed the command, without a stack. */
export class DevError extends Error {
  override name = 'DevError';
}
