import type { IndexLine } from "../format/index-line.ts";
import { ArkError, hasCode } from "../lib/errors.ts";

/** `problem` goes on where "backup "x" is damaged:" ends. */
export function damagedBackup(name: string, problem: string, cause?: unknown): ArkError {
  return new ArkError("ARK_BACKUP_DAMAGED", `backup "${name}" is damaged: ${problem}`, {
    ...(cause instanceof Error && { answer: cause.message }),
    advice: adviceOf(name),
    cause,
  });
}

const adviceOf = (name: string): string =>
  `see all that is damaged with: ark-ts backup verify ${name}`;

/** The same error, with the advice of every damage where it has none of its own. */
export function withDamageAdvice(thrown: unknown, name: string): unknown {
  const isDamage = hasCode(thrown, "ARK_BACKUP_DAMAGED") || hasCode(thrown, "ARK_BACKUP_FORMAT");
  if (!isDamage || thrown.advice !== undefined) return thrown;
  return new ArkError(thrown.code, thrown.message, {
    ...(thrown.answer !== undefined && { answer: thrown.answer }),
    advice: adviceOf(name),
    cause: thrown,
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
