import { checkedName } from "../../../format/keys.ts";
import type { Invocation } from "../../command-spec.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { metadataOfFlags } from "../../metadata-of-flags.ts";
import { printResource } from "../../render/resource-output.ts";
import { unmadeResource } from "../../render/unmade-resource.ts";
import { openRestoreTarget, restoreHere } from "../../restore-here.ts";
import { restoreRequestOfFlags, restoreRequestOfPlan } from "../../restore-request.ts";
import { restoreSpecOfFlags } from "../../restore-spec-of-flags.ts";
import { inEitherMode } from "../../server-mode/server-access.ts";
import type { Session } from "../../session.ts";
import { noBackground } from "../backup/create.ts";

/** Restores, here and now, and tells what came of it. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  checkWhatIsTyped(invocation);
  const isDry = invocation.flags.text("dry-run") === "client";
  return await inEitherMode(invocation, isDry ? "read-store" : "cluster", {
    standalone: createHere,
    server: async (session, server) =>
      await (await import("../../server-mode/restore/create.ts")).createRestore(session, server),
  });
}

/** What is wrong in either mode is said before a cluster is asked. */
function checkWhatIsTyped({ args, flags }: Invocation): void {
  if (args[0] !== undefined) checkedName("restore", args[0]);
  metadataOfFlags(flags);
  if (!flags.has("plan")) restoreSpecOfFlags(flags);
}

async function createHere(session: Session): Promise<ExitStatus> {
  const { invocation } = session;
  const { flags, environment } = invocation;
  if (flags.boolean("wait") === false) throw noBackground();
  const request =
    (await restoreRequestOfPlan(invocation, session.clock)) ??
    (await restoreRequestOfFlags(invocation, session.clock));
  if (flags.text("dry-run") === "client") {
    await printResource(
      environment,
      flags.text("output") ?? "yaml",
      unmadeResource("Restore", request),
    );
    return exitStatus.done;
  }
  return await restoreHere(session, await openRestoreTarget(session), request);
}
