import { restoreKeys } from "../../../format/keys.ts";
import type { ObjectStore } from "../../../ports/object-store.ts";
import { collectRestores } from "../../collect-restores.ts";
import type { Invocation } from "../../command-spec.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { openChosenLocation } from "../../reading.ts";
import { type DescribedRestore, describeRestore } from "../../render/describe-restore.ts";
import { restoreDescriptionJson } from "../../render/description-json.ts";
import { listOrItem, printResource } from "../../render/resource-output.ts";
import { withSession } from "../../session.ts";

/** Describes the named restores, or all; one at a time. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const { args, flags, environment } = invocation;
    const { signal } = session;
    const details = flags.boolean("details") === true;
    const { location, store } = await openChosenLocation(session, "read-store");
    const names = args.length > 0 ? args : await recordedNames(store, signal);
    const described: DescribedRestore[] = [];
    for (const name of names) described.push(await gather(store, name, details, signal));
    const style = { painter: session.out, details };
    const items = described.map(restoreDescriptionJson);
    await printResource(environment.stdout, flags.text("output"), {
      value: listOrItem("RestoreDescription", items, args.length === 1),
      table: () =>
        described.length === 0
          ? `no restores in ${location.name}\n`
          : described.map((one) => describeRestore(one, style)).join("\n\n"),
      names: [],
    });
    return exitStatus.done;
  });
}

async function recordedNames(store: ObjectStore, signal: AbortSignal): Promise<readonly string[]> {
  const listings = await collectRestores(store, [], { signal });
  return listings.flatMap(({ name, state }) => (state === "recorded" ? [name] : []));
}

async function gather(
  store: ObjectStore,
  name: string,
  details: boolean,
  signal: AbortSignal,
): Promise<DescribedRestore> {
  const { readRestore } = await import("../../../catalog/read-restore.ts");
  const sideFiles = await import("../../../catalog/read-side-file.ts");
  const keys = restoreKeys(name);
  return {
    restore: await readRestore(store, name, { signal }),
    results: await sideFiles.readResults(store, keys.results, signal),
    resources: details
      ? await sideFiles.readResourceList(store, keys.resourceList, signal)
      : undefined,
  };
}
