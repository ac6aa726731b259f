import type { Dispatcher } from "undici";

/** An open way to one API server: where it is, how to connect, and who is asking. */
export interface ServerAccess {
  /** `https://host:port[/path]`, without a trailing slash. */
  readonly serverUrl: string;
  /** The kubeconfig context; "" in a pod. */
  readonly context: string;
  readonly defaultNamespace: string;
  /** PEM of the CA that vouches for the server; absent where the system's are trusted. */
  readonly serverCa?: string | undefined;
  /**
   * A pooled undici dispatcher with TLS, proxy and client certificate applied; replaced when
   * certificates change, so ask for it again for each request.
   */
  dispatcher(): Promise<Dispatcher>;
  /**
   * Authorization and impersonation headers; cheap, called per request. An array stands for a
   * header line that is repeated (several impersonated groups).
   */
  headers(): Promise<Readonly<Record<string, string | string[]>>>;
  /**
   * After a 401: refreshes the credentials; false when nothing newer can be had. Calls that
   * come together, or shortly after one another, share one refresh and its answer, so retry a
   * request at most once.
   */
  refresh(): Promise<boolean>;
  close(): Promise<void>;
}
