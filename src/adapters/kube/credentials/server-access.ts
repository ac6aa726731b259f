import type { Dispatcher } from "undici";

/** An open way to one API server: where it is, how to connect, and who is asking. */
export interface ServerAccess {
  /** `https://host:port[/path]`, without a trailing slash. */
  readonly serverUrl: string;
  /** The kubeconfig context; "" in a pod. */
  readonly context: string;
  readonly defaultNamespace: string;
  /**
   * A pooled undici dispatcher with TLS, proxy and client certificate applied; replaced when
   * certificates change, so ask for it again for each request.
   */
  dispatcher(): Promise<Dispatcher>;
  /** Authorization and impersonation headers; cheap, called per request. */
  headers(): Promise<Readonly<Record<string, string>>>;
  /** After a 401: refreshes the credentials once; false when nothing newer can be had. */
  refresh(): Promise<boolean>;
  close(): Promise<void>;
}
