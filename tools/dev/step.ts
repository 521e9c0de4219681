/** Says what is done and how long it took. On stderr: stdout belongs to what a command is asked for. */
export async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const seconds = (): string => `${((performance.now() - start) / 1000).toFixed(1)} s`;
  console.error(`… ${what}`);
  try {
    const result = await work();
    console.error(`✓ ${what} (${seconds()})`);
    return result;
  } catch (error) {
    console.error(`✗ ${what} (${seconds()})`);
    throw error;
  }
}
