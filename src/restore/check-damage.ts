import { openBackup } from "../catalog/open-backup.ts";
import { openSalvaged } from "../catalog/open-salvaged.ts";
import type { OpenedBackup } from "../catalog/opened-backup.ts";
import type { RunLog } from "../catalog/run-log.ts";
import { verifyNeeded } from "../catalog/verify-needed.ts";
import { type Damage, isLostArchive, type VerifyReport } from "../catalog/verify-report.ts";
import type { IndexLine } from "../format/index-line.ts";
import { ArkError, hasCode } from "../lib/errors.ts";
import type { RestorePorts, RestoreRequest } from "./restore-request.ts";

interface Restoring {
  readonly request: RestoreRequest;
  readonly ports: RestorePorts;
  readonly log: RunLog;
  /** Nothing is restored anyway: a plan is made. Default: false. */
  readonly isPlan?: boolean;
}

/** Damages that the refusal names; `backup verify` names all. */
const namedDamages = 5;

/** Errors: as `openBackup`, with advice; with `allowDamaged` only what leaves nothing to read. */
export async function openForRestore(
  { request, ports, log, isPlan = false }: Restoring,
  backupName: string,
  signal: AbortSignal,
): Promise<OpenedBackup> {
  if (request.allowDamaged !== true) {
    return await refusing(request, () => openBackup(ports.store, backupName, { signal }), isPlan);
  }
  const onDamage = (damage: Damage): void => findDamage(log, damage, "error");
  return await openSalvaged(ports.store, backupName, onDamage, signal);
}

/**
 * Refuses a damaged backup before the first write. With `allowDamaged` what is damaged beside the
 * objects becomes a warning; each object that cannot be restored is an error when its turn comes.
 * Errors: ARK_BACKUP_DAMAGED; those of the store.
 */
export async function checkDamage(
  { request, ports, log, backup, isPlan = false }: Restoring & { readonly backup: OpenedBackup },
  wanted: (line: IndexLine) => boolean,
  signal: AbortSignal,
): Promise<void> {
  // Salvaged from an archive alone: there is nothing to compare it with.
  if (request.allowDamaged === true && backup.manifest === undefined) return;
  const report = await verifyNeeded(ports.store, backup, wanted, signal);
  if (report.ok) return;
  const isElsewhere = request.needsItsObjectsOnly === true && report.objectsLost === 0;
  if (request.allowDamaged !== true && !isElsewhere) throw refusal(report, isPlan);
  if (report.damages.some((damage) => isLostArchive(damage, backup.name))) {
    throw new ArkError(
      "ARK_BACKUP_DAMAGED",
      `the archive of backup "${backup.name}" is missing, and every object with it; ${outcome(isPlan)}`,
      { advice: "take another backup: ark-ts backup get lists them" },
    );
  }
  for (const damage of report.damages) {
    if (damage.object === undefined) findDamage(log, damage, "warning");
  }
}

/** Adds to damage that reading meets by itself what can be done about it. */
export async function refusing<T>(
  { allowDamaged = false, spec }: RestoreRequest,
  read: () => Promise<T>,
  isPlan = false,
): Promise<T> {
  try {
    return await read();
  } catch (thrown) {
    const isDamage =
      hasCode(thrown, "ARK_BACKUP_DAMAGED") || hasCode(thrown, "ARK_ARCHIVE_INVALID");
    const advice = restoreTheRest(spec.backupName ?? "");
    if (!isDamage || allowDamaged || thrown.advice === advice) throw thrown;
    const { code, message, answer } = thrown;
    throw new ArkError(code, `${message}; ${outcome(isPlan)}`, {
      ...(answer !== undefined && { answer }),
      advice,
      cause: thrown,
    });
  }
}

const restoreTheRest = (name: string): string =>
  `see all that is damaged with: ark-ts backup verify ${name}; restore what checks out with --allow-damaged`;

const outcome = (isPlan: boolean): string =>
  isPlan ? "no plan was made" : "nothing was restored now";

function refusal(
  { name, damages, moreDamages, objectsLost }: VerifyReport,
  isPlan: boolean,
): ArkError {
  const left = damages.length + moreDamages - namedDamages;
  const named = damages
    .slice(0, namedDamages)
    .map(({ file, object, problem }) => `${object ?? file}: ${problem}`);
  const objects = objectsLost === 1 ? "1 object of it" : `${objectsLost} objects of it`;
  const lost =
    objectsLost === 0
      ? "though every object that is selected can be read"
      : `${objects} cannot be read`;
  return new ArkError(
    "ARK_BACKUP_DAMAGED",
    `backup "${name}" is damaged, ${lost}; ${outcome(isPlan)}`,
    {
      answer: left > 0 ? `${named.join("; ")}; and ${left} more` : named.join("; "),
      advice: restoreTheRest(name),
    },
  );
}

function findDamage(log: RunLog, { file, problem }: Damage, severity: "warning" | "error"): void {
  const message = `${file} of the backup is damaged: ${problem}`;
  log.find({ severity, code: "ARK_BACKUP_DAMAGED", message });
}
