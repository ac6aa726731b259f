import { describeOwner } from "../../../catalog/name-claim.ts";
import { backupKeys } from "../../../format/keys.ts";
import { ArkError } from "../../../lib/errors.ts";
import type { Invocation } from "../../command-spec.ts";
import { confirmed } from "../../confirmation.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { openChosenLocation } from "../../reading.ts";
import { deletedText } from "../../render/deleted-text.ts";
import { livenessCheck } from "../../run-owner.ts";
import { withSession } from "../../session.ts";

/** Removes what a dead or failed run left; never a backup that exists. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const { args, environment } = invocation;
    const { signal } = session;
    const name = args[0] ?? "";
    const { seal } = backupKeys(name);
    const { store } = await openChosenLocation(session, "write-store");
    if ((await store.head(seal, { signal })) !== undefined) {
      throw new ArkError("ARK_NAME_TAKEN", `backup "${name}" exists; there is nothing to discard`, {
        advice: `to delete it: ark-ts backup delete ${name}`,
      });
    }
    const { hasLostSeal, lostSeal } = await import("../../../catalog/open-backup.ts");
    if (await hasLostSeal(store, name, signal)) throw lostSeal(name);
    const { readUnsealed } = await import("../../../catalog/unsealed-backup.ts");
    const left = await readUnsealed(store, name, { signal, liveness: await livenessCheck() });
    if (left === undefined) {
      throw new ArkError("ARK_BACKUP_NOT_FOUND", `nothing is left of a backup "${name}" here`, {
        advice: "see what is there with: ark-ts backup get",
      });
    }
    const { record } = left;
    const who = record && describeOwner(record.owner);
    if (left.outcome === "running") {
      throw new ArkError("ARK_NAME_IN_USE", `backup "${name}" is being written by ${who}`, {
        advice: "wait for it, or stop it with Ctrl-C",
      });
    }
    const question =
      record === undefined
        ? `Remove what a failed run left under the name ${name}?`
        : `Remove what the run of ${who}, begun ${record.startedAt}, left under the name ${name}? If it is alive it will fail.`;
    if (!(await confirmed(session, question))) return exitStatus.failed;
    const { deleteBackup } = await import("../../../catalog/delete-backup.ts");
    const deleted = await deleteBackup(store, name, { signal, evenIfOwned: true });
    const { discardRun } = await import("../../../backup/discard-run.ts");
    await discardRun(store, name, record?.runUid, signal);
    environment.stdout.write(deletedText(deleted));
    const { listThaws } = await import("../../../catalog/thaw-records.ts");
    const { thaws } = await listThaws(store, signal, name);
    if (thaws.length > 0) {
      session.note(`its pods may be frozen still; to thaw them: ark-ts backup thaw ${name}`);
    }
    return exitStatus.done;
  });
}
