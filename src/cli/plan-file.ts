import { writeFile } from "node:fs/promises";
import type { BackupRequest } from "../backup/backup-run.ts";
import { checkBackupSpec } from "../domain/selection/backup-spec-checks.ts";
import { locationName, resourceNamespace } from "./backup-request.ts";
import { defaultTtl } from "./backup-spec-of-flags.ts";
import type { Invocation } from "./command-spec.ts";
import { engineVersion } from "./engine-version.ts";
import { readFlagFile, typedPath } from "./flag-file.ts";
import { besideAnyPlan } from "./flags/beside-plan.ts";
import { parseGoDuration } from "./go-duration.ts";
import type { NamedLocation } from "./locations.ts";
import { type PlanDocument, readPlanDocument } from "./plan-document.ts";
import { toYaml } from "./render/resource-output.ts";
import { runOwner } from "./run-owner.ts";
import { usageError } from "./usage-error.ts";

const besidePlan: ReadonlySet<string> = new Set([...besideAnyPlan, "plugin-dir"]);

/** The plan that --plan names; undefined: it was not typed. Errors: ARK_USAGE. */
export async function planOfFlags({
  flags,
  environment,
}: Invocation): Promise<PlanDocument | undefined> {
  const typed = flags.text("plan");
  if (typed === undefined) return undefined;
  const other = flags.names().find((name) => !besidePlan.has(name));
  if (other !== undefined) {
    throw usageError(
      `--${other} and --plan cannot be used together: the plan says what is taken`,
      `make another plan with: ark-ts backup plan NAME --${other} … -o FILE`,
    );
  }
  const where = `--plan=${typed}`;
  const text = await readFlagFile("plan", typed, environment.cwd);
  const { load } = await import("js-yaml");
  let value: unknown;
  try {
    value = load(text);
  } catch (cause) {
    const [reason = ""] = (cause as Error).message.split("\n");
    throw usageError(`${where}: neither JSON nor YAML: ${reason}`);
  }
  return readPlanDocument(value, `file ${typed}`);
}

/** The backup that a plan describes, under a name and at a location of this command. */
export async function backupRequestOfPlan(
  { environment }: Invocation,
  { backup }: PlanDocument,
  name: string,
  location: NamedLocation,
): Promise<BackupRequest> {
  const { labels, annotations, policies, requireCoverage, allApiVersions } = backup;
  const spec = { ...backup.spec, storageLocation: locationName(location) };
  const violations = checkBackupSpec(spec);
  if (violations.length > 0) throw usageError(violations.join("\n"));
  return {
    ...{ name, spec, labels, annotations },
    ttlMs: parseGoDuration(spec.ttl ?? defaultTtl, "ttl of the plan"),
    namespace: resourceNamespace,
    ...(policies === undefined ? {} : { policies: { kind: "text", ...policies } }),
    typed: true,
    ...(requireCoverage && { requireCoverage }),
    ...(allApiVersions === true && { allApiVersions }),
    owner: await runOwner(environment.pid),
    engineVersion: await engineVersion(),
  };
}

export type PlanOutput =
  | { readonly kind: "print"; readonly format: string | undefined }
  | { readonly kind: "save"; readonly file: string };

/** What -o of `backup plan` asks for. Errors: ARK_USAGE. */
export function planOutput(text: string | undefined): PlanOutput {
  if (text === undefined || ["table", "json", "yaml"].includes(text)) {
    return { kind: "print", format: text };
  }
  if (text.includes("/") || /\.(?:json|ya?ml)$/.test(text)) return { kind: "save", file: text };
  throw usageError(
    `--output=${text}: is none of table, json, yaml, and no file to save the plan in`,
    "a file has a slash in its path, or a name that ends in .json or .yaml",
  );
}

/** Errors: ARK_USAGE. */
export async function savePlan(document: PlanDocument, file: string, cwd: string): Promise<void> {
  const isYaml = /\.ya?ml$/.test(file);
  const text = isYaml ? await toYaml(document) : `${JSON.stringify(document, undefined, 2)}\n`;
  try {
    await writeFile(typedPath(file, cwd), text);
  } catch (cause) {
    const { code = "no code" } = cause as NodeJS.ErrnoException;
    throw usageError(`--output=${file}: the plan cannot be saved there (${code})`);
  }
}
