/** How to reach one MySQL server. Built by the inventory; never logged, never sent to Temporal (R2). */
export interface ConnectionConfig {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Called when a connection pool opens, so that a rotated secret is read anew. */
  readonly password: () => Promise<string>;
  readonly tls: TlsConfig;
}

/**
 * TLS modes as MySQL clients name them. `preferred` encrypts where the server offers it and `required` always, and both
 * take any certificate; `verify-ca` asks for one of the authority, `verify-identity` also for the name of the host.
 */
export interface TlsConfig {
  readonly mode: 'disabled' | 'preferred' | 'required' | 'verify-ca' | 'verify-identity';
  /** PEM text. */
  readonly ca?: string;
}
