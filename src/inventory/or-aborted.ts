/** What `work` comes to, or the reason of the first signal that is aborted, at once; `work` itself goes on. */
export async function orAborted<T>(work: Promise<T>, ...signals: readonly AbortSignal[]): Promise<T> {
  let leave: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    leave = () => reject(signals.find((signal) => signal.aborted)?.reason as Error);
    if (signals.some((signal) => signal.aborted)) leave();
    else for (const signal of signals) signal.addEventListener('abort', leave, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    for (const signal of signals) if (leave !== undefined) signal.removeEventListener('abort', leave);
  }
}
