/** What is read from a kubeconfig, with paths made absolute. Names follow the file's. */
export interface ContextEntry {
  readonly name: string;
  readonly cluster: string;
  /** "" is an anonymous user. */
  readonly user: string;
  /** "" when the context sets none. */
  readonly namespace: string;
}

export interface ClusterEntry {
  readonly name: string;
  readonly server: string;
  readonly caData?: string | undefined;
  readonly caFile?: string | undefined;
  readonly skipTlsVerify: boolean;
  readonly tlsServerName?: string | undefined;
  readonly proxyUrl?: string | undefined;
  readonly disableCompression: boolean;
  /** The extension `client.authentication.k8s.io/exec`, handed to plugins as it is. */
  readonly execConfig?: unknown;
}

export type InteractiveMode = "Never" | "IfAvailable" | "Always";

export interface ExecEntry {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly installHint?: string | undefined;
  readonly interactiveMode?: string | undefined;
  readonly provideClusterInfo: boolean;
}

export interface Impersonation {
  readonly user?: string | undefined;
  readonly uid?: string | undefined;
  readonly groups?: readonly string[] | undefined;
  readonly extra?: Readonly<Record<string, readonly string[]>> | undefined;
}

export interface AuthProviderEntry {
  readonly name: string;
  readonly config: Readonly<Record<string, string>>;
}

export interface UserEntry {
  readonly name: string;
  readonly certData?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyData?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly token?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly exec?: ExecEntry | undefined;
  readonly authProvider?: AuthProviderEntry | undefined;
  readonly impersonate: Impersonation;
}

/** A context with what it points at. */
export interface Connection {
  readonly context: ContextEntry;
  readonly cluster: ClusterEntry;
  readonly user: UserEntry;
}

export const anonymousUser: UserEntry = { name: "", impersonate: {} };
