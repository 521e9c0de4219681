import { SternaError } from '../contract/index.js';

/**
 * How long silence may last before a connection counts as lost, in milliseconds. Longer than Temporal waits for a sign of
 * life of a step where that matters, so that nothing is ended that could still have been in time. Tests make it shorter.
 */
export const PATIENCE = {
  /** A statement that moves or reads rows. */
  answer: 30_000,
  /** A statement of a planner: a catalogue of very many tables, or a table of very many partitions, takes its time. */
  plan: 300_000,
  /** A kill, and the statement that it ended. */
  kill: 10_000,
  /** What is still on its way when a client is closed. */
  close: 2_000,
  /** A look whether a server is there. */
  probe: 5_000,
  /** The few short questions before a binlog stream begins. */
  open: 20_000,
  /** A statement that may take hours is looked at this often: whether the server still runs it. */
  look: 10_000,
  /** Nothing received although the server has committed more: the stream is dead. */
  stream: 15_000,
};

/**
 * Waits for the server's answer, but not for ever: a network that swallows packets, or a server that is frozen, ends no
 * connection and answers nothing.
 *
 * @param cut ends the connection, whose state nobody knows any more
 */
export async function answered<T>(
  work: Promise<T>,
  milliseconds: number,
  doing: string,
  cut: (error: SternaError) => void,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new SternaError(
        'connection_lost',
        `Expected an answer of the server within ${milliseconds / 1_000} s, got none (while ${doing}).`,
      );
      cut(error);
      reject(error);
    }, milliseconds);
  });
  try {
    return await Promise.race([work, silence]);
  } finally {
    clearTimeout(timer);
  }
}
