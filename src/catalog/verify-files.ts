import { createHash } from "node:crypto";
import { backupKeys } from "../format/keys.ts";
import type { ManifestFile } from "../format/manifest.ts";
import { hasCode } from "../lib/errors.ts";
import { mapInOrder } from "../lib/map-in-order.ts";
import type { ArkArchive } from "./read-index.ts";
import type { VerifyTally } from "./verify-report.ts";

const filesInFlight = 4;

/** Compares every side file, the index included, with its hash; answers the damaged ones. */
export async function verifyFiles(
  archive: ArkArchive,
  tally: VerifyTally,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const damaged = new Set<string>();
  const checked = mapInOrder(archive.manifest.files, filesInFlight, async (file) => ({
    file,
    problem: await findFileProblem(archive, file, signal),
  }));
  for await (const { file, problem } of checked) {
    tally.count({ files: 1, bytes: file.sizeBytes });
    if (problem === undefined) continue;
    tally.damage({ file: file.name, problem });
    damaged.add(file.name);
  }
  return damaged;
}

async function findFileProblem(
  { store, name }: ArkArchive,
  file: ManifestFile,
  signal: AbortSignal,
): Promise<string | undefined> {
  const digest = createHash("sha256");
  let sizeBytes = 0;
  try {
    const { body } = await store.get(backupKeys(name).folder + file.name, { signal });
    for await (const chunk of body) {
      digest.update(chunk);
      sizeBytes += chunk.length;
    }
  } catch (thrown) {
    if (hasCode(thrown, "ARK_STORE_NOT_FOUND")) return "it is missing";
    throw thrown;
  }
  if (sizeBytes !== file.sizeBytes) return `it has ${sizeBytes} bytes instead of ${file.sizeBytes}`;
  return digest.digest("hex") === file.sha256 ? undefined : "it differs from its hash";
}
