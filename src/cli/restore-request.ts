import { annotations } from "../api/labels.ts";
import type { RestoreSpec } from "../api/restore.ts";
import type { IndexLine } from "../format/index-line.ts";
import { checkedName } from "../format/keys.ts";
import type { Clock } from "../ports/clock.ts";
import type { RestoreRequest } from "../restore/restore-request.ts";
import { resourceNamespace } from "./backup-request.ts";
import { changeAnnotationsOfFlags, modifiersOfFlags } from "./changes-of-flags.ts";
import type { Invocation } from "./command-spec.ts";
import { defaultRestoreName } from "./default-restore-name.ts";
import type { CliEnvironment } from "./environment.ts";
import type { FlagValues } from "./flag-values.ts";
import { besideAnyPlan } from "./flags/beside-plan.ts";
import { restoreHooksOfFlags } from "./hooks-of-flags.ts";
import { metadataOfFlags } from "./metadata-of-flags.ts";
import { objectPath } from "./object-path.ts";
import { policiesOfFlags } from "./policies-of-flags.ts";
import { readRestorePlan } from "./read-restore-plan.ts";
import { localStamp } from "./render/local-time.ts";
import { shellWord } from "./render/suggested-commands.ts";
import { objectSpecOfFlags, optionsOfFlags, restoreSpecOfFlags } from "./restore-spec-of-flags.ts";
import { runOwner } from "./run-owner.ts";
import { usageError } from "./usage-error.ts";
import { versionPrioritiesOfFlags } from "./version-priorities-of-flags.ts";
import { waitsOfFlags } from "./waits-of-flags.ts";

/**
 * What `restore create` and `restore plan` are asked for by their flags; `namespace` is that of
 * the resource, and of ConfigMaps named without one. Errors: ARK_USAGE.
 */
export async function restoreRequestOfFlags(
  { args, flags, environment }: Invocation,
  clock: Clock,
  namespace = resourceNamespace,
): Promise<RestoreRequest> {
  const hooks = await restoreHooksOfFlags(flags, environment.cwd);
  const spec = { ...restoreSpecOfFlags(flags), ...(hooks === undefined ? {} : { hooks }) };
  const from = { cwd: environment.cwd, namespace };
  const modifiers = await modifiersOfFlags(flags, from);
  const policies = await policiesOfFlags(flags, from, "restore");
  const versionPriorities = await versionPrioritiesOfFlags(flags, from);
  const { labels, annotations: typed } = metadataOfFlags(flags);
  return {
    ...(await requestFor(spec, args[0], environment, clock)),
    namespace,
    labels,
    annotations: { ...typed, ...changeAnnotationsOfFlags(flags), ...optionsOfFlags(flags) },
    ...(modifiers === undefined ? {} : { modifiers }),
    ...(policies === undefined ? {} : { policies }),
    ...(versionPriorities !== undefined && { versionPriorities }),
    allowDamaged: flags.boolean("allow-damaged") === true,
    ...careOfFlags(flags),
  };
}

/** The restore of one object of a backup. Errors: ARK_USAGE. */
export async function requestOfObject(
  { flags, environment }: Invocation,
  clock: Clock,
  object: Pick<IndexLine, "resource" | "namespace" | "name">,
): Promise<RestoreRequest> {
  const spec = objectSpecOfFlags(flags, object);
  return {
    ...(await requestFor(spec, undefined, environment, clock)),
    annotations: { ...optionsOfFlags(flags), [annotations.includeObjects]: objectPath(object) },
    allowDamaged: flags.boolean("allow-damaged") === true,
    needsItsObjectsOnly: true,
    ...waitsOfFlags(flags),
  };
}

function asTyped(argv: readonly string[]): string {
  return ["ark-ts", ...argv].map(shellWord).join(" ");
}

/** The current context may be another one when the command is run again: then it is named. */
export function withContext(
  request: RestoreRequest,
  { flags, environment: { argv } }: Pick<Invocation, "flags" | "environment">,
  context: string,
): RestoreRequest {
  if (request.command === undefined || context === "" || flags.has("context")) return request;
  const end = argv.includes("--") ? argv.indexOf("--") : argv.length;
  return { ...request, command: asTyped(argv.toSpliced(end, 0, "--context", context)) };
}

/** What every request has, whatever it asks for. Errors: ARK_NAME_INVALID. */
async function requestFor(
  spec: RestoreSpec,
  given: string | undefined,
  environment: CliEnvironment,
  clock: Clock,
): Promise<RestoreRequest> {
  const name = given ?? defaultRestoreName(spec.backupName ?? "", localStamp(clock.now()));
  return {
    name: checkedName("restore", name),
    isNameGiven: given !== undefined,
    owner: await runOwner(environment.pid),
    command: asTyped(environment.argv),
    namespace: resourceNamespace,
    spec,
    typed: true,
  };
}

/** What is looked at while it runs and afterwards, with a plan or without. Errors: ARK_USAGE. */
function careOfFlags(
  flags: FlagValues,
): Pick<RestoreRequest, "readBack" | "strict" | "readiness" | "limits"> {
  return {
    readBack: flags.boolean("read-back") !== false,
    strict: flags.boolean("strict") === true,
    ...waitsOfFlags(flags),
  };
}

const besidePlan: ReadonlySet<string> = new Set([
  ...besideAnyPlan,
  ...["allow-drift", "strict", "read-back", "wait-for-ready", "ready-timeout", "require-ready"],
  "wait-limits",
]);

/** The restore that `--plan` describes; undefined: it was not typed. Errors: ARK_USAGE. */
export async function restoreRequestOfPlan(
  { args, flags, environment }: Invocation,
  clock: Clock,
): Promise<RestoreRequest | undefined> {
  const typed = flags.text("plan");
  if (typed === undefined) {
    if (flags.has("allow-drift")) throw usageError("--allow-drift has no effect without --plan");
    return undefined;
  }
  const other = flags.names().find((name) => !besidePlan.has(name));
  if (other !== undefined) {
    throw usageError(
      `--${other} and --plan cannot be used together: the plan says what is restored, and how`,
      `make another plan with: ark-ts restore plan … --${other} …`,
    );
  }
  const allowDrift = flags.boolean("allow-drift") === true;
  const { header, planned } = await readRestorePlan(environment, typed, allowDrift);
  const { spec, labels, annotations: notes, allowDamaged } = header.restore;
  const { modifiers, policies, versionPriorities } = header.restore;
  return {
    ...(await requestFor(spec, args[0], environment, clock)),
    labels,
    annotations: { ...notes, [annotations.restorePlan]: header.planSha256 },
    ...(modifiers === undefined ? {} : { modifiers }),
    ...(policies === undefined ? {} : { policies }),
    ...(versionPriorities === undefined ? {} : { versionPriorities }),
    allowDamaged,
    ...careOfFlags(flags),
    planned,
  };
}
