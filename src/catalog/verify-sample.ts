import { backupKeys } from "../format/keys.ts";
import type { ManifestMember } from "../format/manifest.ts";
import { mapInOrder } from "../lib/map-in-order.ts";
import type { ArkArchive } from "./read-index.ts";
import { readStoredRange } from "./read-stored.ts";
import {
  type ArchiveVerification,
  inflateStored,
  linesOf,
  memberChecks,
  membersInFlight,
} from "./verify-archive.ts";
import { checkMember } from "./verify-member.ts";
import type { DrawnSample } from "./verify-report.ts";

export interface SampleChoice {
  /** Above 0 and at most 100: how much of the archive's members is read. */
  readonly percent: number;
  /**
   * A whole number from 0. Seeds that follow each other draw other members: as many of them as
   * there are slices (20 for 5 percent) read every member once.
   */
  readonly seed: number;
}

/** The slice of the members that a choice stands for; at least one member where there is any. */
export function drawSample(
  members: readonly ManifestMember[],
  { percent, seed }: SampleChoice,
): { readonly drawn: readonly ManifestMember[]; readonly sample: DrawnSample } {
  const slices = Math.max(1, Math.min(Math.round(100 / percent), members.length));
  const slice = ((seed - 1 + slices) % slices) + 1;
  const drawn = members.filter((_, at) => at % slices === slice - 1);
  return {
    drawn,
    sample: { slice, slices, members: drawn.length, ofMembers: members.length },
  };
}

/** Reads the drawn members, each by its range, and checks them as a whole pass would. */
export async function verifySample(
  verification: ArchiveVerification,
  choice: SampleChoice,
  signal: AbortSignal,
): Promise<void> {
  const { archive, tally } = verification;
  const { members, key } = archive.manifest.archive;
  const { drawn, sample } = drawSample(members, choice);
  const file = key.slice(backupKeys(archive.name).folder.length);
  const checks = memberChecks(verification, file);
  const read = mapInOrder(drawn, membersInFlight, async (member) =>
    inflateStored(await readMemberBytes(archive, member, signal)),
  );
  for await (const content of read) {
    signal.throwIfAborted();
    await checkMember(checks, content, await linesOf(verification, content.member), signal);
  }
  tally.drawn(sample);
  if (sample.members < sample.ofMembers) {
    tally.notChecked(
      `${sample.ofMembers - sample.members} of ${sample.ofMembers} members of the archive, and its own hash: slice ${sample.slice} of ${sample.slices} was drawn`,
    );
  }
}

async function readMemberBytes(
  { store, manifest }: ArkArchive,
  member: ManifestMember,
  signal: AbortSignal,
): Promise<{ readonly member: ManifestMember; readonly compressed: Buffer }> {
  const range = { offset: member.offset, length: member.sizeBytes };
  return { member, compressed: await readStoredRange(store, manifest.archive.key, range, signal) };
}
