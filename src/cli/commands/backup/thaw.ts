import type { PayOptions, ThawOutcome } from "../../../backup/hooks/pay-thaws.ts";
import { describeOwner } from "../../../catalog/name-claim.ts";
import type { StoredThaw } from "../../../catalog/thaw-records.ts";
import { compareClusters } from "../../../domain/same-cluster.ts";
import { backupKeys, checkedName } from "../../../format/keys.ts";
import { ArkError } from "../../../lib/errors.ts";
import type { Cluster } from "../../../ports/cluster.ts";
import type { ObjectStore } from "../../../ports/object-store.ts";
import type { Invocation } from "../../command-spec.ts";
import { openStore } from "../../compose.ts";
import { confirmed } from "../../confirmation.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { chosenLocation } from "../../locations.ts";
import { printResource } from "../../render/resource-output.ts";
import { thawJson, thawsText, undeclaredQuestion } from "../../render/thaw-text.ts";
import { livenessCheck } from "../../run-owner.ts";
import { type Session, withSession } from "../../session.ts";
import { enterStandalone } from "../../standalone.ts";
import { usageError } from "../../usage-error.ts";

/** Runs the post hooks that a backup still owes to pods, or forgets them. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const { flags, environment } = invocation;
    const name = checkedName("backup", invocation.args[0] ?? "");
    const { store, cluster } = await openBoth(session);
    const { listThaws } = await import("../../../catalog/thaw-records.ts");
    const { thaws, unreadable } = await listThaws(store, session.signal, name);
    const [bad] = unreadable;
    if (thaws.length === 0 && bad !== undefined) throw bad;
    if (thaws.length === 0) await refuseUnknown(store, name, session);
    await refuseForeign(thaws, cluster, session);
    const outcomes =
      flags.boolean("forget") === true
        ? await forget(session, store, thaws)
        : await pay(session, { store, cluster }, name, thaws);
    await printResource(environment, flags.text("output"), {
      value: thawJson(name, outcomes),
      table: () => thawsText(name, outcomes, session.out),
      names: outcomes.map(({ thaw }) => `pod/${thaw.namespace}/${thaw.pod}`),
    });
    const isOwed = outcomes.some(({ state }) => state === "failed" || state === "undeclared");
    return isOwed || bad !== undefined ? exitStatus.failed : exitStatus.done;
  });
}

async function openBoth(
  session: Session,
): Promise<{ readonly store: ObjectStore; readonly cluster: Cluster }> {
  const { flags, environment } = session.invocation;
  const asked = flags.text("storage-location");
  const location = await chosenLocation(asked, session.config, environment);
  const { cluster } = await enterStandalone(session, "cluster");
  if (cluster === undefined) throw usageError("hooks need a cluster");
  return { store: await openStore(session, location), cluster };
}

/** A mistyped name must not pass for one that owes nothing. */
async function refuseUnknown(store: ObjectStore, name: string, session: Session): Promise<void> {
  const { signal } = session;
  if ((await store.head(backupKeys(name).seal, { signal })) !== undefined) return;
  const { readUnsealed } = await import("../../../catalog/unsealed-backup.ts");
  if ((await readUnsealed(store, name, { signal })) !== undefined) return;
  throw new ArkError(
    "ARK_BACKUP_NOT_FOUND",
    `there is no backup "${name}" and no run of that name in ${store.display}`,
    { advice: "see what is there with: ark-ts backup get" },
  );
}

/** A run that is alive thaws by itself; pods of another cluster cannot be reached here. */
async function refuseForeign(
  thaws: readonly StoredThaw[],
  cluster: Cluster,
  session: Session,
): Promise<void> {
  if (thaws.length === 0) return;
  const liveness = await livenessCheck();
  const identity = await cluster.identity({ signal: session.signal });
  for (const { record } of thaws) {
    if (record.attempts === 0 && liveness(record.owner) === "alive") {
      const who = describeOwner(record.owner);
      throw new ArkError(
        "ARK_NAME_IN_USE",
        `backup "${record.backup}" is being written by ${who}, which thaws its pods itself`,
        { advice: "wait for it, or stop it with Ctrl-C: it thaws then as well" },
      );
    }
    const sameness = compareClusters({ id: record.clusterId }, identity);
    if (sameness === "same") continue;
    if (sameness === "unknown") {
      throw usageError(
        `whether the pods that backup "${record.backup}" owes post hooks are in this context's cluster is not known: the user who backed up or this one may not read namespace kube-system`,
        "thaw as the user who backed up, with the same address of the API server; or have this one be given the right to get namespace kube-system",
      );
    }
    throw usageError(
      `the pods that backup "${record.backup}" owes post hooks are in another cluster than this context's`,
      "name its context with --context; where that cluster is no more: --forget",
    );
  }
}

async function pay(
  session: Session,
  ports: { readonly store: ObjectStore; readonly cluster: Cluster },
  name: string,
  thaws: readonly StoredThaw[],
): Promise<readonly ThawOutcome[]> {
  const { payThaw } = await import("../../../backup/hooks/pay-thaws.ts");
  const payAll = async (stored: readonly StoredThaw[], options: PayOptions) => {
    const outcomes: ThawOutcome[] = [];
    for (const one of stored) {
      outcomes.push(...(await payThaw(one, ports, options, session.signal)));
    }
    return outcomes;
  };
  const first = await payAll(thaws, { resources: [], runUndeclared: false });
  const undeclared = first.flatMap(({ state, thaw }) => (state === "undeclared" ? [thaw] : []));
  if (undeclared.length === 0) return first;
  if (!(await confirmed(session, undeclaredQuestion(undeclared)))) return first;
  const { listThaws } = await import("../../../catalog/thaw-records.ts");
  const left = await listThaws(ports.store, session.signal, name);
  const again = await payAll(left.thaws, { resources: [], runUndeclared: true });
  const settled = first.filter(({ state }) => state === "paid" || state === "gone");
  return [...settled, ...again];
}

async function forget(
  session: Session,
  store: ObjectStore,
  thaws: readonly StoredThaw[],
): Promise<readonly ThawOutcome[]> {
  if (thaws.length === 0) return [];
  const count = thaws.reduce((sum, { record }) => sum + record.thaws.length, 0);
  const question = `Forget ${count} post hooks that are owed, without running them?`;
  const why = "forgotten: its post hook was not run";
  if (!(await confirmed(session, question))) {
    return thaws.flatMap(({ record }) =>
      record.thaws.map((thaw): ThawOutcome => ({ thaw, state: "failed", why: "not tried" })),
    );
  }
  for (const { key } of thaws) await store.remove(key, { signal: session.signal });
  return thaws.flatMap(({ record }) =>
    record.thaws.map((thaw): ThawOutcome => ({ thaw, state: "gone", why })),
  );
}
