import type { ErrorInfo, TargetType } from '../contract/index.js';
import type { ConnectionConfig, TlsConfig } from '../mysql/index.js';

/** What is asked for. Without an environment, the only one in which the target is. */
export interface TargetRequest {
  readonly target: string;
  readonly type?: TargetType;
  readonly environment?: string;
}

/** How to reach one target. Stays inside the worker (R2). */
export interface ResolvedTarget {
  readonly target: string;
  readonly environment: string;
  readonly type: TargetType;
  /** Names no database: the namespace comes with each operation (R3). */
  readonly connection: ConnectionConfig;
  readonly labels: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Requested namespace -> MySQL schema; a strict allowlist where present (R4). */
  readonly schemaOverrides?: Readonly<Record<string, string>>;
  /** Copying holds while one of them lags behind, and while one cannot be asked. @default none */
  readonly replicas?: readonly ConnectionConfig[];
  /** Where plans make their scratch schemas. @default the target's own server */
  readonly workspace?: ConnectionConfig;
  /** Limits of load, at which copying and comparing hold; each has a default. */
  readonly limits?: {
    readonly threadsRunning?: number;
    readonly commitMs?: number;
    readonly historyListLength?: number;
    readonly replicaLagSeconds?: number;
    readonly copies?: number;
  };
  /** Refuse the server when it is read-only. */
  readonly requireWriter: boolean;
  /** Over everything that a client is opened with; never shown, since a guess at the password could be tried by it (R2). */
  readonly connectionHash: string;
}

/** A target as it is listed: nothing of how it is reached. */
export interface TargetSummary {
  readonly target: string;
  readonly environment: string;
  readonly type: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Whether an inventory answers from what it says now. */
export interface InventoryHealth {
  /** What the inventory says now cannot be read; an earlier state is in force. */
  readonly stale: boolean;
  /** Why; holds no secret (R2). */
  readonly message?: string;
}

/** How one server is reached, without the address itself. */
export interface ServerExplanation {
  /** Where its address comes from, e.g. `env:ORDERS_DSN` or `document orders.yaml, password env:ORDERS_PASSWORD`. */
  readonly from: string;
  /** Absent where the address could not be read. */
  readonly tls?: TlsConfig['mode'];
  /** PEM file, or `given` by a module. */
  readonly tlsCa?: string;
  /** Why it could not be read. */
  readonly error?: ErrorInfo;
}

/** How a target was found; holds no host, user or password, and nothing by which a guess at them could be tried (R2). */
export interface TargetExplanation {
  readonly target: string;
  readonly environment: string;
  readonly type: string;
  /** Inventory file that had the answer. */
  readonly file?: string;
  readonly kind: 'targets' | 'mysql' | 'http' | 'module';
  readonly server: ServerExplanation;
  readonly replicas: readonly ServerExplanation[];
  readonly workspace?: ServerExplanation;
  readonly labels: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
  readonly schemaOverrides?: Readonly<Record<string, string>>;
  readonly limits: NonNullable<ResolvedTarget['limits']>;
  readonly requireWriter: boolean;
}

/** Knows how targets are reached; nothing else in Sterna knows hosts or credentials. */
export interface InventoryResolver {
  /** Throws `target_unknown`, `target_type_mismatch`, `secret_missing`, `config_invalid` or `inventory_unavailable` (R5). */
  resolve(request: TargetRequest, signal?: AbortSignal): Promise<ResolvedTarget>;
  /** Milliseconds for which an answer may be used again. @default 0: it is asked at every use */
  readonly freshMs?: number;
  /** Sorted by environment and key; absent where a backend cannot list. */
  readonly list?: ((signal?: AbortSignal) => Promise<TargetSummary[]>) | undefined;
  /** Absent where there is no state but that of now. */
  health?(): Promise<InventoryHealth>;
  /** As `resolve`, but for secrets that are missing. */
  explain?(request: TargetRequest, signal?: AbortSignal): Promise<TargetExplanation>;
}
