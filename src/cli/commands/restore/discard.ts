import { describeOwner } from "../../../catalog/name-claim.ts";
import { restoreKeys } from "../../../format/keys.ts";
import { ArkError } from "../../../lib/errors.ts";
import type { Invocation } from "../../command-spec.ts";
import { openJournalStore } from "../../compose.ts";
import { confirmed } from "../../confirmation.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { loseMissing } from "../../flags/restore-flags.ts";
import { wouldLoseMissing } from "../../missing-objects.ts";
import { openChosenLocation } from "../../reading.ts";
import { counted } from "../../render/amounts.ts";
import { livenessCheck } from "../../run-owner.ts";
import { withSession } from "../../session.ts";

/** Removes what a dead run needs to be continued; never the record of a restore that ended. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const { args, environment, flags } = invocation;
    const { signal } = session;
    const name = args[0] ?? "";
    const keys = restoreKeys(name);
    const { location, store } = await openChosenLocation(session, "write-store");
    if ((await store.head(keys.record, { signal })) !== undefined) {
      throw new ArkError(
        "ARK_NAME_TAKEN",
        `restore "${name}" has ended; nothing is to be discarded`,
        {
          advice: `to see it: ark-ts restore describe ${name}`,
        },
      );
    }
    const places = [store, await openJournalStore(session, location)];
    const { countFormerObjects, discardRestore, findLeftRestore, perhapsMissing, volumesLeft } =
      await import("../../../restore/record/discard-restore.ts");
    const left = await findLeftRestore(name, places, signal);
    if (left === undefined) {
      throw new ArkError(
        "ARK_RESTORE_NOT_FOUND",
        `there is no interrupted restore "${name}" here`,
        {
          advice: "see what is there with: ark-ts restore get",
        },
      );
    }
    const { record } = left;
    const who = record && describeOwner(record.owner);
    if (record !== undefined && (await livenessCheck())(record.owner) === "alive") {
      throw new ArkError("ARK_NAME_IN_USE", `restore "${name}" is being run by ${who}`, {
        advice: "wait for it, or stop it with Ctrl-C",
      });
    }
    const missing = await perhapsMissing(left, signal);
    if (missing.length > 0 && flags.boolean(loseMissing.name) !== true) {
      throw wouldLoseMissing(name, missing, {
        what: "was cut off while it deleted objects",
        doing: "discarding",
        back: `run the same restore again, which continues it, and then: ark-ts restore undo ${name}`,
        command: `ark-ts restore discard ${name}`,
      });
    }
    const whose = record === undefined ? "a run" : `the run of ${who}, begun ${record.startedAt},`;
    const formers = await countFormerObjects(left, signal);
    const lost =
      formers === 0
        ? ""
        : ` ${counted(formers, "object")} as they were before it changed or deleted them will be lost, and cannot be put back: to keep them, run the same restore again and undo it.`;
    const question = `Remove what ${whose} needs to be continued? What it wrote into the cluster stays.${lost}`;
    if (!(await confirmed(session, question))) return exitStatus.failed;
    for (const sentence of await volumesLeft(left, signal)) session.note(sentence);
    await discardRestore(left, store, signal);
    const gone = `; what was kept of ${counted(missing.length, "object")} that may be missing from it is lost`;
    environment.stdout.write(
      `restore ${name}: discarded; what it wrote into the cluster is still there${missing.length === 0 ? "" : gone}\n`,
    );
    return exitStatus.done;
  });
}
