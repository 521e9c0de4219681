import { readFileSync } from 'node:fs';

/** Ticks a second of `/proc/…/stat`, the same on every Linux. */
const TICKS = 100;
const INTERVAL_MS = 20;

export interface Usage {
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

/** What a process has used, looked at until `ended`: a process that is gone tells nothing. Undefined without `/proc`. */
export async function usageOf(pid: number, ended: Promise<unknown>): Promise<Usage | undefined> {
  let usage: Usage | undefined;
  const timer = setInterval(() => (usage = readUsage(pid) ?? usage), INTERVAL_MS);
  await ended.finally(() => clearInterval(timer));
  return usage;
}

export function readUsage(pid: number): Usage | undefined {
  try {
    // The second field is the name, in brackets, and may have blanks.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    if (peak === undefined) return undefined; // it has just ended
    return { cpuSeconds: (Number(stat[11]) + Number(stat[12])) / TICKS, peakMb: Number(peak) / 1_024 };
  } catch {
    return undefined; // it has ended, or there is no /proc
  }
}
