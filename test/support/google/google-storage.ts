/** Google's doubles for one test file: who asks, and the store, with a key file for both. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openObjectStore } from "../../../plugins/registry.ts";
import { createSystemClock } from "../../../src/adapters/clock/system-clock.ts";
import type { ObjectStore } from "../../../src/ports/object-store.ts";
import { startFakeGcs } from "../../testbed/fake-gcs.ts";
import { type GcsFront, startGcsFront } from "./gcs-front.ts";
import { type IdentityServer, startIdentityServer } from "./identity-server.ts";

export interface GoogleStorage {
  readonly front: GcsFront;
  readonly identity: IdentityServer;
  readonly folder: string;
  readonly keyFile: string;
  /** A location of provider `gcp`, with the key file unless `config` says otherwise. */
  open(place: GcsPlace): Promise<ObjectStore>;
  stop(): Promise<void>;
}

export interface GcsPlace {
  readonly bucket: string;
  readonly prefix?: string;
  readonly config?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
}

export async function startGoogleStorage(): Promise<GoogleStorage> {
  const fake = await startFakeGcs();
  const identity = await startIdentityServer();
  const front = await startGcsFront(fake.endpoint, identity);
  const folder = mkdtempSync(join(tmpdir(), "ark-ts-gcs-"));
  const keyFile = join(folder, "key.json");
  identity.writeKeyFile(keyFile);
  return {
    ...{ front, identity, folder, keyFile },
    open({ bucket, prefix = "", config, env = {} }) {
      const storeEndpoint = front.endpoint;
      return openObjectStore(
        {
          provider: "velero.io/gcp",
          bucket,
          prefix,
          config: { storeEndpoint, ...(config ?? { credentialsFile: keyFile }) },
        },
        { env, homeDirectory: folder, clock: createSystemClock() },
      );
    },
    async stop() {
      await front.close();
      await identity.close();
      await fake.stop();
      rmSync(folder, { recursive: true });
    },
  };
}
