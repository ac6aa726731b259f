import { commonLabels, type Manifest } from "./manifest.ts";
import type { ServerRequest } from "./server-request.ts";

/** Contract: names that `velero install` gives. */
const secretName = "cloud-credentials";
const secretKey = "cloud";
const locationName = "default";

/** The location that backups go to where they name none, and its credentials; nothing if not asked for. */
export function locationManifests(request: ServerRequest): readonly Manifest[] {
  const { location, namespace, version } = request;
  if (location === undefined) return [];
  const { provider, bucket, prefix, config, credential, caCert } = location;
  const labels = commonLabels(version);
  const secret: Manifest = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: secretName, namespace, labels },
    type: "Opaque",
    data: { [secretKey]: toBase64(credential ?? new Uint8Array()) },
  };
  const backupLocation: Manifest = {
    apiVersion: "velero.io/v1",
    kind: "BackupStorageLocation",
    metadata: { name: locationName, namespace, labels },
    spec: {
      provider,
      default: true,
      objectStorage: {
        bucket,
        ...(prefix !== "" && { prefix }),
        ...(caCert !== undefined && { caCert: toBase64(caCert) }),
      },
      ...(Object.keys(config).length > 0 && { config }),
      ...(credential !== undefined && { credential: { name: secretName, key: secretKey } }),
    },
  };
  return credential === undefined ? [backupLocation] : [secret, backupLocation];
}

const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
