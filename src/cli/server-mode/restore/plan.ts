import { backupKind } from "../../../api/backup.ts";
import { annotations } from "../../../api/labels.ts";
import { ArkError } from "../../../lib/errors.ts";
import type { Cluster } from "../../../ports/cluster.ts";
import type { ObjectStore } from "../../../ports/object-store.ts";
import type { RestoreRequest } from "../../../restore/restore-request.ts";
import { restoreRequestOfFlags } from "../../restore-request.ts";
import type { Session } from "../../session.ts";
import { openServerStore } from "../location/open-server-store.ts";
import { placeOf, resourcesOf } from "../resources.ts";
import type { ServerAccess } from "../server-access.ts";
import { refuseOtherNamespaces } from "./create.ts";

/**
 * What the server would be asked for by the same flags, and where the backup lies, for a look from
 * here. Errors: ARK_USAGE, and when it is opened ARK_BACKUP_NOT_FOUND and those of the location.
 */
export async function restoreForServer(
  session: Session,
  server: ServerAccess,
): Promise<{
  readonly request: RestoreRequest;
  open(): Promise<{ readonly cluster: Cluster; readonly store: ObjectStore }>;
}> {
  const { invocation, signal, clock } = session;
  const { namespace, cluster } = server;
  refuseOtherNamespaces(invocation.flags, namespace);
  const asked = await restoreRequestOfFlags(invocation, clock, namespace);
  return {
    request: {
      ...asked,
      stampLabels: true,
      annotations: { ...asked.annotations, [annotations.pluginConfigNamespace]: namespace },
    },
    async open() {
      const name = asked.spec.backupName ?? "";
      const { spec } = await resourcesOf(backupKind, server, signal).get(name);
      if (spec.storageLocation !== undefined && spec.storageLocation !== "") {
        return { cluster, store: await openServerStore(session, server, spec.storageLocation) };
      }
      throw new ArkError(
        "ARK_BACKUP_NOT_FOUND",
        `backup "${name}" in ${placeOf(server)} has no location yet: the server has not begun it`,
        { advice: `follow it with: ark-ts backup get ${name}` },
      );
    },
  };
}
