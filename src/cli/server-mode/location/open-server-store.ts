import { tmpdir } from "node:os";
import {
  type BackupStorageLocation,
  backupStorageLocationKind,
} from "../../../api/backup-storage-location.ts";
import { ArkError, hasCode } from "../../../lib/errors.ts";
import type { LocationSpec } from "../../../plugin-sdk/object-store-plugin.ts";
import type { ObjectStore } from "../../../ports/object-store.ts";
import { openStore } from "../../compose.ts";
import { toNamedLocation } from "../../locations.ts";
import { isMissingDirectory } from "../../missing-directory.ts";
import type { Session } from "../../session.ts";
import { placeOf, resourcesOf } from "../resources.ts";
import type { ServerAccess } from "../server-access.ts";

/**
 * The store of one of the server's locations, for reading from here: by the Secret that the location
 * names, where this user may read it, else by the credentials of this machine. Closed with the
 * session. Errors: ARK_LOCATION_UNKNOWN, ARK_CONFIG_INVALID, ARK_API_FORBIDDEN for the Secret,
 * ARK_STORE_BUCKET_MISSING for a directory of the server.
 */
export async function openServerStore(
  session: Session,
  server: ServerAccess,
  name: string,
): Promise<ObjectStore> {
  const { signal, invocation } = session;
  const found = await resourcesOf(backupStorageLocationKind, server, signal).get(name);
  const spec = await specWithSecret(session, server, found);
  const location = toNamedLocation(name, spec, invocation.environment);
  if (await isMissingDirectory(location)) {
    throw new ArkError(
      "ARK_STORE_BUCKET_MISSING",
      `location ${name} is the directory "${location.display}" of the server, which is not on this machine`,
      { advice: "run the command where the directory is" },
    );
  }
  const secret = found.spec.credential?.name;
  const by = secret === undefined ? "with credentials of this machine" : `with Secret ${secret}`;
  session.note(session.err.dim(`reading location ${name} (${location.display}) from here, ${by}`));
  const { withReadOnly } = await import("../../../adapters/store/with-read-only.ts");
  return withReadOnly(await openStore(session, location));
}

async function specWithSecret(
  session: Session,
  server: ServerAccess,
  location: BackupStorageLocation,
): Promise<LocationSpec> {
  const { env } = session.invocation.environment;
  const { createCredentialFiles } = await import("../../../server/credential-files.ts");
  const { locationSpec } = await import("../../../server/location-stores.ts");
  const credentials = createCredentialFiles(env["TMPDIR"] ?? tmpdir());
  session.closing(() => credentials.close());
  const { cluster, namespace } = server;
  try {
    return await locationSpec(location, { cluster, namespace, credentials }, session.signal);
  } catch (thrown) {
    if (!hasCode(thrown, "ARK_API_FORBIDDEN")) throw thrown;
    throw new ArkError(
      "ARK_API_FORBIDDEN",
      `you may not read the Secret of backup location ${location.metadata.name} in ${placeOf(server)}`,
      {
        tried: "to read the backup from here: a server hands out Velero's files only",
        answer: thrown.answer ?? thrown.message,
        advice:
          "with credentials of your own: --mode standalone --store URL, such as s3://bucket/prefix",
        cause: thrown,
      },
    );
  }
}
