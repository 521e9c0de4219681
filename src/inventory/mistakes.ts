import { DEFAULT_TARGET_TYPE, isTargetType } from '../contract/index.js';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { isSecretReference, secretForms } from './secrets.js';
import { mistakesInDsn, mistakesInTls } from './dsn.js';

type Raw = Readonly<Record<string, unknown>>;

/** One server of a document, and the rules that hold where it stands. */
interface Place {
  readonly server: Raw;
  readonly where: string;
  readonly development: boolean;
  readonly allowDatabase: boolean;
}

/**
 * What is wrong in the document of an inventory file beyond its shape, as far as it can be known without reading a secret;
 * each with its path, and without a value (R2). The document may break the shape as well.
 */
export async function mistakesIn(document: unknown, folder: string): Promise<string[]> {
  const mistakes = [...mistakesInAuth(document, '')];
  const authorities = new Map<string, string[]>();
  for (const place of serversOf(document, '')) {
    mistakes.push(...mistakesInServer(place));
    const { tls_ca } = place.server;
    if (typeof tls_ca !== 'string' || tls_ca === '') continue;
    const named = authorities.get(tls_ca);
    if (named === undefined) authorities.set(tls_ca, [place.where]);
    else named.push(place.where);
  }
  for (const [name, places] of authorities) {
    const mistake = await mistakeInFile(path.resolve(folder, name));
    if (mistake !== undefined) mistakes.push(...places.map((where) => `${where}.tls_ca: ${mistake}`));
  }
  return mistakes;
}

/** Undefined where it is a reference of a scheme that is known. */
export function mistakeInReference(reference: unknown): string | undefined {
  if (typeof reference !== 'string' || reference === '' || isSecretReference(reference)) return undefined;
  return `expected a secret reference (${secretForms()}), found another form`;
}

/** An entry of another type is nobody's to read. */
function* serversOf(part: unknown, prefix: string): Generator<Place> {
  const { development: allowed, targets, mysql, by_type } = membersOf(part);
  const development = allowed === true;
  const place = (found: unknown, where: string, allowDatabase = false): Place => ({
    ...{ server: membersOf(found), where: `${prefix}${where}` },
    ...{ development, allowDatabase },
  });
  for (const [target, found] of Object.entries(membersOf(targets))) {
    const one = `targets.${target}`;
    const entries: [string, unknown][] = Array.isArray(found)
      ? found.map((entry: unknown, i) => [`${one}.${i}`, entry])
      : [[one, found]];
    for (const [where, entry] of entries) {
      const { type = DEFAULT_TARGET_TYPE, allow_database, replicas, workspace } = membersOf(entry);
      if (!isTargetType(type)) continue;
      yield place(entry, where, allow_database === true);
      for (const [i, replica] of (Array.isArray(replicas) ? replicas : []).entries())
        yield place(replica, `${where}.replicas.${i}`);
      yield place(workspace, `${where}.workspace`);
    }
  }
  yield place(mysql, 'mysql');
  for (const [type, nested] of Object.entries(membersOf(by_type)))
    yield* serversOf(nested, `${prefix}by_type.${type}.`);
}

function* mistakesInAuth(part: unknown, prefix: string): Generator<string> {
  const { http, by_type } = membersOf(part);
  const mistake = mistakeInReference(membersOf(membersOf(http).auth).value);
  if (mistake !== undefined) yield `${prefix}http.auth.value: ${mistake}`;
  for (const [type, nested] of Object.entries(membersOf(by_type)))
    yield* mistakesInAuth(nested, `${prefix}by_type.${type}.`);
}

function mistakesInServer({ server, where, ...rules }: Place): string[] {
  const { dsn, dsn_from, address } = server;
  const { host, tls, password } = membersOf(address);
  const mistakes: string[] = [];
  const add = (field: string, mistake: string | undefined): void => {
    if (mistake !== undefined) mistakes.push(`${where}.${field}: ${mistake}`);
  };
  if (typeof dsn === 'string' && dsn !== '' && !isSecretReference(dsn))
    for (const mistake of mistakesInDsn(dsn, rules)) add('dsn', mistake);
  add('dsn_from.password', mistakeInReference(membersOf(dsn_from).password));
  add('address.password', mistakeInReference(password));
  for (const mistake of mistakesInTls(host, tls)) add('address.tls', mistake);
  return mistakes;
}

async function mistakeInFile(file: string): Promise<string | undefined> {
  try {
    await readFile(file);
    return undefined;
  } catch (error) {
    return `expected a readable file at ${file}: ${(error as NodeJS.ErrnoException).code ?? 'error'}`;
  }
}

function membersOf(found: unknown): Raw {
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? (found as Raw) : {};
}
