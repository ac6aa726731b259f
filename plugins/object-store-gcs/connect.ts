import type { ArkError, Clock, PluginContext } from "../../src/plugin-sdk/object-store.ts";
import {
  createGoogleClient,
  type GoogleClient,
  type GoogleRequest,
  type OpenAnswer,
  type ReadAnswer,
} from "../shared-google/client.ts";
import type { Timeouts } from "../shared-google/connection.ts";
import type { SigningAccount } from "../shared-google/credentials.ts";
import type { Attempt, Operation } from "./error-rules.ts";
import { toStoreError } from "./errors.ts";
import type { GcsOptions } from "./options.ts";

/**
 * User metadata by which a completed object tells which upload made it: after a lost answer to the
 * completion, the object itself decides by it.
 */
export const uploadMark = "ark-upload";

/** Other places for tests. */
export interface Places {
  /** Default: IAM's of the universe. */
  readonly iamOrigin?: string;
  readonly timeouts?: Timeouts;
}

/** A client of one bucket and what every call needs. */
export interface Connection {
  readonly options: GcsOptions;
  /** For people: `gs://bucket/prefix`. */
  readonly display: string;
  readonly clock: Clock;
  readonly client: GoogleClient;
  readonly iamOrigin: string;
  /** Who signs URLs; undefined where nobody can. */
  readonly signer: SigningAccount | undefined;
  /** The request, with what is refused translated. `key` with the location's prefix. */
  call(operation: Operation, key: string, request: GoogleRequest): Promise<ReadAnswer>;
  open(operation: Operation, key: string, request: GoogleRequest): Promise<OpenAnswer>;
  translate(operation: Operation, key: string, thrown: unknown): Promise<ArkError>;
}

/** No request is made. Errors: ARK_CONFIG_INVALID for files that cannot be used. */
export async function connect(
  options: GcsOptions,
  context: PluginContext,
  { iamOrigin, timeouts }: Places = {},
): Promise<Connection> {
  const client = await createGoogleClient(options, context, timeouts);
  const { bucket, prefix, endpoint, serviceAccount, universeDomain = "googleapis.com" } = options;
  const display = `gs://${bucket}/${prefix}`.replace(/\/$/, "");
  const translate: Connection["translate"] = async (operation, key, thrown) => {
    const name = key.startsWith(prefix) ? key.slice(prefix.length) : key;
    const who = await client.credentials.who();
    const attempt: Attempt = { operation, key, name, bucket, display, endpoint, who };
    return toStoreError(thrown, attempt);
  };
  const translated =
    <Answer>(send: (request: GoogleRequest) => Promise<Answer>) =>
    async (operation: Operation, key: string, request: GoogleRequest): Promise<Answer> => {
      const { signal } = request;
      signal.throwIfAborted();
      try {
        return await send(request);
      } catch (thrown) {
        signal.throwIfAborted();
        throw await translate(operation, key, thrown);
      }
    };
  const account = await client.credentials.signingAccount();
  const named = serviceAccount === undefined ? account : { email: serviceAccount };
  return {
    options,
    display,
    clock: context.clock,
    client,
    iamOrigin: iamOrigin ?? `https://iamcredentials.${universeDomain}`,
    signer: account?.privateKey === undefined ? named : account,
    call: translated(client.call),
    open: translated(client.open),
    translate,
  };
}

/** Of the JSON API; without a key the bucket's objects. */
export function jsonUrl({ options }: Connection, key?: string): string {
  const objects = `${options.endpoint}/storage/v1/b/${escaped(options.bucket)}/o`;
  return key === undefined ? objects : `${objects}/${escaped(key)}`;
}

/** Of the XML API, by which uploads in parts and signed URLs work. */
export function xmlPath({ options }: Connection, key: string): string {
  return `/${[options.bucket, ...key.split("/")].map(escaped).join("/")}`;
}

/** RFC 3986, as signatures want it. */
export function escaped(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
