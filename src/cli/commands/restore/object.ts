import type { PlannedItem } from "../../../domain/restore/planned-item.ts";
import type { JsonObject } from "../../../lib/json-text.ts";
import type { RestorePlanHeader } from "../../../restore/plan/plan-document.ts";
import type { RestoreRequest } from "../../../restore/restore-request.ts";
import type { Invocation } from "../../command-spec.ts";
import { engineVersion } from "../../engine-version.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { findObject } from "../../find-object.ts";
import type { FlagValues } from "../../flag-values.ts";
import { typedObject } from "../../object-path.ts";
import { printResource } from "../../render/resource-output.ts";
import { renderPlannedObject } from "../../render/restore-plan.ts";
import { openRestoreTarget, type RestoreTarget, restoreHere } from "../../restore-here.ts";
import { requestOfObject } from "../../restore-request.ts";
import { type Session, withSession } from "../../session.ts";
import { clusterSnapshotLocations } from "../../snapshot-locations.ts";
import { usageError } from "../../usage-error.ts";

/** Restores one object of a backup, and nothing but it and its namespace. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const { args, flags, environment } = invocation;
    const [typed = ""] = args;
    typedObject(typed);
    const backupName = flags.text("from-backup");
    if (backupName === undefined) {
      throw usageError(
        "restore object needs --from-backup NAME",
        "ark-ts backup get lists the backups",
      );
    }
    const target = await openRestoreTarget(session);
    const { openBackup } = await import("../../../catalog/open-backup.ts");
    const backup = await openBackup(target.store, backupName, { signal: session.signal });
    const object = await findObject(typed, backup, backup, session.signal);
    const request = await requestOfObject(invocation, session.clock, object);
    if (object.resource === "namespaces")
      session.note(namespaceAlone(object.name, flags, backupName));
    const dryRun = flags.text("dry-run");
    if (dryRun !== undefined) {
      const foretold = await foretell(session, target, request, dryRun === "server");
      await printResource(environment, flags.text("output"), {
        value: foretold.desired,
        table: () => renderPlannedObject(foretold.header, foretold.items, session.out),
        names: [typed],
      });
      return foretold.header.totals.blocked > 0 ? exitStatus.partiallyFailed : exitStatus.done;
    }
    return await restoreHere(session, target, request);
  });
}

/** What is in it is what most people mean. */
function namespaceAlone(name: string, flags: FlagValues, backup: string): string {
  const target = flags.text("to-namespace");
  const mapping = target === undefined ? "" : ` --namespace-mappings ${name}:${target}`;
  const as = target === undefined ? "" : `, as "${target}"`;
  return `this restores the Namespace object "${name}" alone${as}, and nothing that is in it; for all of it: ark-ts restore create --from-backup ${backup} --include-namespaces ${name}${mapping}`;
}

interface Foretold {
  readonly header: RestorePlanHeader;
  readonly items: readonly PlannedItem[];
  /** As it would be sent. */
  readonly desired: JsonObject;
}

async function foretell(
  session: Session,
  { cluster, store }: RestoreTarget,
  request: RestoreRequest,
  asksServer: boolean,
): Promise<Foretold> {
  const { clock, log, signal } = session;
  const items: PlannedItem[] = [];
  const locations = await clusterSnapshotLocations(session, cluster);
  let desired: JsonObject = {};
  const { previewRestore } = await import("../../../restore/plan/preview-restore.ts");
  const header = await previewRestore(
    request,
    {
      ...{ cluster, store, clock, log },
      ...(locations !== undefined && { snapshotLocations: locations }),
    },
    {
      dryRun: asksServer ? "server" : "none",
      engineVersion: await engineVersion(),
      onLine: (_, item) => void items.push(item),
      onDesired(object) {
        desired = object;
      },
    },
    signal,
  );
  return { header, items, desired };
}
