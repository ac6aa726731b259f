import type { IncomingHttpHeaders } from "node:http";
import type { BlobServiceClient, BlockBlobClient, ContainerClient } from "@azure/storage-blob";
import type { ArkError, Clock, PluginContext } from "../../src/plugin-sdk/object-store.ts";
import { type Azure, connectAzure } from "../shared-azure/connect.ts";
import type { Timeouts } from "../shared-azure/http.ts";
import { type Access, openAccess } from "./account.ts";
import { createServiceClient, type Watch } from "./blob-client.ts";
import type { Attempt } from "./error-rules.ts";
import { isAnswer, toStoreError } from "./errors.ts";
import type { AzureBlobOptions } from "./options.ts";

/** What one call is made with. */
export interface Clients {
  readonly service: BlobServiceClient;
  readonly container: ContainerClient;
  readonly access: Access;
}

/** One container and what every call needs. */
export interface Connection {
  readonly options: AzureBlobOptions;
  readonly display: string;
  readonly clock: Clock;
  readonly azure: Azure;
  /**
   * Runs one call: rejects with the signal's reason, or an ArkError that tells operation, key,
   * credentials and answer. A key of Resource Manager that is refused is asked for once more.
   */
  call<Output>(
    operation: string,
    key: string,
    signal: AbortSignal,
    send: (clients: Clients, abortSignal: AbortSignal) => Promise<Output>,
  ): Promise<Output>;
  translate(operation: string, key: string, thrown: unknown): Promise<ArkError>;
  /** Who the store sees; errors as those of a call. */
  who(): Promise<string>;
  /** Tells the headers of each answer from now on. */
  watch(tell: Watch): void;
}

/** No request is made. */
export function connect(
  options: AzureBlobOptions,
  context: PluginContext,
  timeouts?: Timeouts,
): Connection {
  const { container, prefix, account } = options;
  const azure = connectAzure({ ...options, timeouts }, context);
  const display = `azblob://${container}/${prefix}`.replace(/\/$/, "");
  const watchers: Watch[] = [];
  const clients = keepClients(options, azure, (headers: IncomingHttpHeaders) => {
    for (const tell of watchers) tell(headers);
  });
  const who = async () => clients.last()?.access.who ?? (await azure.who());
  const translate = async (operation: string, key: string, thrown: unknown) => {
    const endpoint = clients.last()?.access.endpoint ?? options.endpoint ?? `account ${account}`;
    const name = key.startsWith(prefix) ? key.slice(prefix.length) : key;
    const place = { container, account, display, endpoint, who: await who() };
    const attempt: Attempt = { operation, key, name, ...place };
    return toStoreError(thrown, attempt);
  };
  return {
    options,
    display,
    clock: context.clock,
    azure,
    who,
    translate,
    watch: (tell) => watchers.push(tell),
    async call(operation, key, signal, send) {
      signal.throwIfAborted();
      for (let isFirst = true; ; isFirst = false) {
        try {
          return await send(await clients.open(signal), signal);
        } catch (thrown) {
          signal.throwIfAborted();
          const isStale = isFirst && clients.last()?.access.isListed && isWrongKey(thrown);
          if (!isStale) throw await translate(operation, key, thrown);
          clients.forget();
        }
      }
    },
  };
}

/** Nothing was done. */
const isWrongKey = (thrown: unknown): boolean => isAnswer(thrown, "AuthenticationFailed");

/** The same until the credentials change. */
function keepClients(options: AzureBlobOptions, azure: Azure, watch: Watch) {
  let kept: Clients | undefined;
  let opening: Promise<Clients> | undefined;
  const create = async (signal: AbortSignal): Promise<Clients> => {
    const access = await openAccess(options, azure, signal);
    const service = createServiceClient(access.endpoint, access.authority, azure.http, watch);
    return { service, container: service.getContainerClient(options.container), access };
  };
  return {
    last: () => kept,
    forget() {
      kept = undefined;
    },
    async open(signal: AbortSignal): Promise<Clients> {
      const { stamp } = await azure.credentials.read();
      if (kept?.access.stamp === stamp) return kept;
      // Calls at the same time share one question for the key, and then ask for themselves.
      await opening?.catch(() => undefined);
      if (kept?.access.stamp === stamp) return kept;
      opening = create(signal);
      try {
        kept = await opening;
        return kept;
      } finally {
        opening = undefined;
      }
    },
  };
}

/** The blob of a whole key, prefix included. */
export function blobOf({ container }: Clients, key: string): BlockBlobClient {
  return container.getBlockBlobClient(key);
}
