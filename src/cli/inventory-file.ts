import { SternaError } from '../contract/index.js';

/** `--inventory`, else the environment. */
export function inventoryFile({ inventory = process.env.STERNA_INVENTORY }: { readonly inventory?: string }): string {
  if (inventory !== undefined && inventory !== '') return inventory;
  throw new SternaError('config_invalid', 'Expected an inventory file, in --inventory or STERNA_INVENTORY, got none.');
}
