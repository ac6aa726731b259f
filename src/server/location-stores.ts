import { hasProvider, openObjectStore } from "../../plugins/registry.ts";
import { withFence } from "../adapters/store/with-fence.ts";
import { withLog } from "../adapters/store/with-log.ts";
import { withReadOnly } from "../adapters/store/with-read-only.ts";
import { withRetry } from "../adapters/store/with-retry.ts";
import type { BackupStorageLocation } from "../api/backup-storage-location.ts";
import type { LocationStores } from "../controllers/controller-context.ts";
import { canonicalJson } from "../lib/canonical-json.ts";
import { ArkError } from "../lib/errors.ts";
import type { LocationSpec, PluginContext } from "../plugin-sdk/object-store-plugin.ts";
import type { ClusterReader } from "../ports/cluster.ts";
import type { Log } from "../ports/log.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { LeaderTerm } from "../runtime/leader-term.ts";
import type { CredentialFiles } from "./credential-files.ts";
import { readSecretKey } from "./read-secret.ts";

export interface LocationStorePorts {
  readonly cluster: Pick<ClusterReader, "get">;
  readonly namespace: string;
  readonly credentials: CredentialFiles;
  readonly term: Pick<LeaderTerm, "lost" | "fence">;
  readonly plugin: PluginContext & { readonly log: Log };
  /** The store of a provider that is not built in. Default: there is none. */
  readonly openStore?: (location: LocationSpec) => ObjectStore | undefined;
  /** Whatever the locations say. Default false. */
  readonly readOnly?: boolean;
}

/** The stores of one term; `close` closes what was opened. */
export function createLocationStores(
  ports: LocationStorePorts,
): LocationStores & { close(): Promise<void> } {
  const open = new Map<string, Promise<ObjectStore>>();
  return {
    async open(location, signal) {
      const spec = await locationSpec(location, ports, signal);
      const isReadOnly = ports.readOnly === true || location.spec.accessMode === "ReadOnly";
      const key = canonicalJson({ ...spec, isReadOnly });
      const known = open.get(key);
      if (known !== undefined) return await known;
      const opening = openStore(spec, isReadOnly, ports);
      open.set(key, opening);
      opening.catch(() => open.delete(key));
      return await opening;
    },
    async close() {
      const stores = await Promise.allSettled(open.values());
      open.clear();
      await Promise.all(stores.map((one) => (one.status === "fulfilled" ? one.value.close() : [])));
    },
  };
}

async function openStore(
  spec: LocationSpec,
  isReadOnly: boolean,
  { plugin, term, openStore: openForeign }: LocationStorePorts,
): Promise<ObjectStore> {
  const { clock, log } = plugin;
  const foreign = hasProvider(spec.provider) ? undefined : openForeign?.(spec);
  const bare = foreign ?? (await openObjectStore(spec, plugin));
  // Inside, each attempt asks; outside, a pause between two ends with the term.
  const tried = withRetry(withFence(bare, term), { clock, log });
  const store = withLog(withFence(tried, term), { clock, log });
  return isReadOnly ? withReadOnly(store) : store;
}

/**
 * As a plugin takes a location: its Secrets are read, that of credentials into a file. Errors:
 * ARK_CONFIG_INVALID, and those of reading Secrets.
 */
export async function locationSpec(
  { spec }: Pick<BackupStorageLocation, "spec">,
  ports: Pick<LocationStorePorts, "cluster" | "namespace" | "credentials">,
  signal: AbortSignal,
): Promise<LocationSpec> {
  const { cluster, namespace, credentials } = ports;
  const { bucket, prefix = "", caCert, caCertRef } = spec.objectStorage;
  if (caCert !== undefined && caCert !== "" && caCertRef !== undefined) {
    throw new ArkError(
      "ARK_CONFIG_INVALID",
      "objectStorage.caCert and objectStorage.caCertRef exclude each other",
      { advice: "keep caCertRef: a Secret is easier to renew" },
    );
  }
  const config: Record<string, string> = { ...spec.config };
  if (caCert !== undefined && caCert !== "") {
    config["caCert"] = Buffer.from(caCert, "base64").toString();
  }
  if (caCertRef !== undefined) {
    const field = "objectStorage.caCertRef";
    const pem = await readSecretKey(cluster, namespace, caCertRef, field, signal);
    if (pem !== undefined) config["caCert"] = pem.toString();
  }
  if (spec.credential !== undefined) {
    const { name = "", key } = spec.credential;
    const secret = await readSecretKey(cluster, namespace, spec.credential, "credential", signal);
    if (secret !== undefined) {
      config["credentialsFile"] = await credentials.put(`${name}/${key}`, secret);
    }
  }
  return {
    provider: spec.provider,
    bucket,
    prefix: prefix.replace(/^\/+|\/+$/g, ""),
    config,
  };
}
