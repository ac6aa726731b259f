import type { BackupStorageLocation } from "../../api/backup-storage-location.ts";
import { topFolders } from "../../format/top-folders.ts";
import { ArkError, hasCode, toArkError } from "../../lib/errors.ts";
import { withinMs } from "../../runtime/within-ms.ts";
import type { ControllerContext } from "../controller-context.ts";

/** Longer than a store's own attempts take where it answers at all. */
const patienceMs = 60_000;
const maxNamedFolders = 3;

/**
 * Why the location cannot be used; undefined: it can. As in Velero it can when its root can be listed
 * and holds no folder of others. Throws only what says nothing about it: the signal's reason, and
 * ARK_LEADERSHIP_LOST.
 */
export async function checkLocation(
  location: BackupStorageLocation,
  { stores, clock }: Pick<ControllerContext, "stores" | "clock">,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const look = async (limited: AbortSignal) =>
      foreignFolders(await stores.open(location, limited), limited);
    const strangers = await withinMs(clock, patienceMs, signal, look, noAnswer);
    return strangers.length === 0 ? undefined : foreignText(strangers);
  } catch (thrown) {
    signal.throwIfAborted();
    if (hasCode(thrown, "ARK_LEADERSHIP_LOST")) throw thrown;
    return sentenceOf(toArkError(thrown));
  }
}

const noAnswer = (): ArkError =>
  new ArkError(
    "ARK_STORE_UNREACHABLE",
    `the store has not answered within ${patienceMs / 1_000} s`,
    { disposition: "retry" },
  );

type Store = Awaited<ReturnType<ControllerContext["stores"]["open"]>>;

async function foreignFolders(store: Store, signal: AbortSignal): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const entry of store.list("", { delimiter: "/", signal })) {
    const name = entry.key.replace(/\/$/, "");
    if (entry.kind === "prefix" && !topFolders.includes(name)) found.push(name);
    if (found.length > maxNamedFolders) break;
  }
  return found;
}

function foreignText(strangers: readonly string[]): string {
  const named = strangers.slice(0, maxNamedFolders).map((name) => JSON.stringify(name));
  const more = strangers.length > maxNamedFolders ? " and more" : "";
  return `there are folders that are no part of a backup location: ${named.join(", ")}${more}; allowed are ${topFolders.join(", ")}. Use a bucket, or a prefix, that nothing else uses`;
}

/** One line for `status.message`: what failed, what the other side said, what to do. */
function sentenceOf({ message, answer, advice }: ArkError): string {
  const said = answer === undefined || message.includes(answer) ? "" : `: ${answer}`;
  const next = advice === undefined ? "" : ` (${advice})`;
  return `${message}${said}${next}`.replace(/\s+/g, " ").slice(0, 2_000);
}
