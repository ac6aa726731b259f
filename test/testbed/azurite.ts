/** A double of Azure Blob Storage on 127.0.0.1: azurite, which keeps blobs in memory. */
import { BlobServiceClient, StorageSharedKeyCredential } from "@azure/storage-blob";
import { ensureAzurite } from "./azurite-programs.ts";
import { fetchStatus } from "./fetch-status.ts";
import { launch } from "./launch.ts";
import { createProcessGroup } from "./process-group.ts";

export interface Azurite {
  readonly account: string;
  /** Of the account: `http://127.0.0.1:PORT/ACCOUNT`. */
  readonly endpoint: string;
  readonly key: string;
  /** The `config` of a location on it. */
  readonly config: Readonly<Record<string, string>>;
  /** What ark-ts needs to speak to it. */
  readonly env: Readonly<Record<string, string>>;
  createContainer(name: string): Promise<void>;
  /** The library's own client, to look at what is there. */
  readonly service: BlobServiceClient;
  /** Ends it and what it holds. Safe to call twice. */
  stop(): Promise<void>;
}

const account = "arktest";
const key = Buffer.alloc(64, "azurite").toString("base64");

export async function startAzurite(signal?: AbortSignal): Promise<Azurite> {
  const script = await ensureAzurite(signal);
  const group = await createProcessGroup("processes");
  try {
    const [port] = await launch(group, {
      name: "azurite",
      portCount: 1,
      signal,
      toSpec: ([number]) => ({
        name: "azurite",
        command: [
          process.execPath,
          script,
          ...["--blobHost", "127.0.0.1", "--blobPort", `${number}`],
          // Without the first it refuses today's library, without the second it calls out.
          ...["--skipApiVersionCheck", "--disableTelemetry", "--inMemoryPersistence", "--silent"],
        ],
        env: { AZURITE_ACCOUNTS: `${account}:${key}` },
      }),
      isReady: async ([number]) =>
        (await fetchStatus(`http://127.0.0.1:${number}/${account}`)) !== undefined,
    });
    const endpoint = `http://127.0.0.1:${port}/${account}`;
    const credential = new StorageSharedKeyCredential(account, key);
    const service = new BlobServiceClient(endpoint, credential);
    return {
      account,
      endpoint,
      key,
      config: { storageAccount: account, storageAccountURI: endpoint },
      env: { AZURE_STORAGE_KEY: key, NO_PROXY: "127.0.0.1" },
      service,
      createContainer: async (name) => {
        await service.createContainer(name);
      },
      stop: () => group.stop(),
    };
  } catch (error) {
    await group.stop();
    throw error;
  }
}
