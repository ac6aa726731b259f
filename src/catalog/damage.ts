import type { IndexLine } from "../format/index-line.ts";
import { ArkError } from "../lib/errors.ts";

/** `problem` goes on where "backup "x" is damaged:" ends. */
export function damagedBackup(name: string, problem: string, cause?: unknown): ArkError {
  return new ArkError("ARK_BACKUP_DAMAGED", `backup "${name}" is damaged: ${problem}`, {
    ...(cause instanceof Error && { answer: cause.message }),
    advice: `see all that is damaged with: ark-ts backup verify ${name}`,
    cause,
  });
}

/** `deployments.apps shop/web`, as in every message that names an object of a backup. */
export function describeLine(line: Pick<IndexLine, "resource" | "namespace" | "name">): string {
  return `${line.resource} ${objectPlace(line)}`;
}

/** `shop/web`, or `web` in cluster scope. */
export function objectPlace(line: Pick<IndexLine, "namespace" | "name">): string {
  return line.namespace === undefined ? line.name : `${line.namespace}/${line.name}`;
}
