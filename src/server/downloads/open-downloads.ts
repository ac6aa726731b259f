import type { ControllerContext } from "../../controllers/controller-context.ts";
import type { OwnUrls } from "../../controllers/download-request/download-request-controller.ts";
import { signedPath } from "../../domain/downloads/signed-path.ts";
import { ArkError } from "../../lib/errors.ts";
import type { Runnable } from "../../runtime/life.ts";
import { createCredentialFiles } from "../credential-files.ts";
import { createLocationStores } from "../location-stores.ts";
import type { ServerOptions } from "../server-options.ts";
import { createCertificateSource } from "./certificate-source.ts";
import { createDownloadEndpoint } from "./download-endpoint.ts";
import { createDownloadKeys } from "./download-keys.ts";
import type { DownloadSettings } from "./download-settings.ts";
import { createDownloadSecretKeeper } from "./keep-download-secret.ts";
import { createServing } from "./serve-download.ts";

/** The server's own downloads: what every replica runs, and what the leader does for them. */
export interface Downloads {
  readonly endpoint: Runnable;
  /** In the leader. */
  keeper(context: ControllerContext): Runnable;
  readonly urls: OwnUrls;
}

/** Of the Service that an installation makes. */
export const downloadService = { name: "ark-ts", port: 8443 } as const;

export function openDownloads(options: ServerOptions, settings: DownloadSettings): Downloads {
  const { cluster, namespace, clock } = options;
  const keys = createDownloadKeys(cluster, namespace, clock);
  const { name, port } = downloadService;
  const inCluster = `https://${name}.${namespace}.svc:${port}`;
  const base = settings.publicUrl ?? inCluster;
  const service = [name, `${name}.${namespace}`, `${name}.${namespace}.svc`];
  const host = new URL(base).hostname.replace(/^\[|\]$/g, "");
  const hosts = [...new Set([host, ...service, "localhost", "127.0.0.1", "::1"])];
  const certificates = createCertificateSource(settings.certificate, {
    ...{ cluster, namespace, keys, clock, hosts },
  });
  return {
    endpoint: endpointOf(options, settings, { keys, certificates }),
    keeper: (context) => createDownloadSecretKeeper(context, keys),
    urls: async ({ location, key, until }) => {
      const [current] = keys.current()?.keys ?? [];
      if (current === undefined) {
        const what = "the keys of the server's own downloads are not there yet";
        const advice =
          "its log says why, where it stays so: it may need the right to write Secrets";
        throw new ArkError("ARK_STORE_FAILED", what, { advice, disposition: "retry" });
      }
      const file = { location: location.name, locationUid: location.uid, key, until };
      return { url: base + signedPath(file, current), isPublic: settings.publicUrl !== undefined };
    },
  };
}

function endpointOf(
  options: ServerOptions,
  { address }: DownloadSettings,
  {
    keys,
    certificates,
  }: {
    readonly keys: ReturnType<typeof createDownloadKeys>;
    readonly certificates: ReturnType<typeof createCertificateSource>;
  },
): Runnable {
  const { cluster, namespace, clock, log } = options;
  const credentials = createCredentialFiles(options.temporaryFolder);
  const plugin = { ...options.plugin, clock, log };
  const stores = createLocationStores({
    ...{ cluster, namespace, credentials, plugin },
    // Every replica reads; none writes here, whoever leads.
    term: { lost: new AbortController().signal, fence: () => undefined },
    readOnly: true,
  });
  const inner = createDownloadEndpoint({
    ...{ address, certificates, clock, log },
    refresh: (signal) => keys.refresh(signal),
    serve: createServing({ keys, cluster, namespace, stores, clock, log }),
  });
  return {
    name: inner.name,
    async run(life, ready) {
      try {
        await inner.run(life, ready);
      } finally {
        await stores.close();
        await credentials.close();
      }
    },
  };
}
