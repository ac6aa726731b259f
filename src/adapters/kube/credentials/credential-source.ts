/** Who is asking, at this moment. */
export interface Credentials {
  /** The value of the Authorization header. */
  readonly authorization?: string | undefined;
  /** PEM; both or none. */
  readonly certificate?: { readonly cert: string; readonly key: string } | undefined;
}

export interface CredentialSource {
  /** Cheap while what is held is good. Throws ArkError when nothing can be had. */
  current(): Promise<Credentials>;
  /** Asks anew, whatever is held; false when nothing newer came. */
  refresh(): Promise<boolean>;
  /** Ends what is under way. */
  close(): void;
}

/** Credentials that never change. */
export function fixedSource(credentials: Credentials): CredentialSource {
  return {
    current: () => Promise.resolve(credentials),
    refresh: () => Promise.resolve(false),
    close: () => {},
  };
}
