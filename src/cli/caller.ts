import { userInfo } from 'node:os';

/** Who asks: `--caller`, or the user of this process. Recorded, not trusted. */
export function callerOf({ caller }: { readonly caller?: string }): string {
  return caller ?? process.env.STERNA_CALLER ?? userInfo().username;
}
