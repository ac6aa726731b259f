import type { ArkError } from "../../lib/errors.ts";
import type { Invocation } from "../command-spec.ts";
import type { FlagValues } from "../flag-values.ts";
import { whyNoDownloadFlags, whyNoServerLocationFlags } from "../flags/server-flags.ts";
import { shellWord } from "../render/suggested-commands.ts";
import { usageError } from "../usage-error.ts";

interface FlagReason {
  readonly why: string;
  /** What to do in its place, by what was typed and the namespace of the server. */
  readonly instead: (value: string, namespace: string) => string;
}

/** Reasons by the name of a flag; each completes `--flag has no effect in … mode: `. */
type FlagReasons = Readonly<Record<string, string | FlagReason>>;

/** What a command is in each of the two modes. */
export type CommandForm =
  /** Asks nobody. */
  | { readonly form: "local" }
  /** About the cluster or this machine itself: the same in both modes. */
  | { readonly form: "any-mode" }
  | {
      readonly form: "both";
      /** Refused in server mode. */
      readonly standaloneFlags?: FlagReasons;
      /** Refused in standalone mode. */
      readonly serverFlags?: FlagReasons;
    }
  /** Refused in standalone mode. */
  | { readonly form: "server" }
  /** Refused in server mode; `why` completes `ark-ts x has no server form: `. */
  | { readonly form: "standalone"; readonly why: string };

const readsTheStore =
  "it reads the store itself, and a server hands out Velero's files only; named by URL with --storage-location, the server's bucket can be read as well";
const allLocations: FlagReasons = {
  "storage-location":
    "a server knows its backups whatever their location; backup get -l velero.io/storage-location=NAME chooses",
};
const schedulesNeedServer = "schedules need an ark-ts server";
const nothingToFollow = "a run writes its log at its end";
const deletedHere = "it is deleted by this command itself; Ctrl-C stops it";
const ownPlugins = "a server runs its own plugins: ark-ts server --plugin-dir DIR";
const planIsHere: FlagReason = {
  why: "a plan is made with your own rights and run with them, and a server has others",
  instead: () => "leave it out, or run the plan from here with --mode standalone",
};

/** A server reads rules from a ConfigMap of its namespace; the file becomes one. */
const readsConfigMap = (flag: string): FlagReason => ({
  why: "a server reads a ConfigMap of its own namespace, not a file of yours",
  instead: (file, namespace) =>
    `make one: kubectl -n ${namespace} create configmap NAME --from-file=${shellWord(file)}; then --${flag} NAME`,
});
const versionPriorities = "enableapigroupversions";
const readsPriorities: FlagReason = {
  why: `a server reads the ConfigMap ${versionPriorities} of its namespace`,
  instead: (file, namespace) =>
    `kubectl -n ${namespace} create configmap ${versionPriorities} --from-file=restoreResourcesVersionPriority=${shellWord(file)}`,
};
/** What a restore by a server reads where the server looks. */
const ofTheServer: FlagReasons = {
  "storage-location": "a server knows the backup's location",
  "resource-modifier-file": readsConfigMap("resource-modifier-configmap"),
  "resource-policies-file": readsConfigMap("resource-policies-configmap"),
  "version-priorities-file": readsPriorities,
  "version-priorities-configmap":
    "a server reads the ConfigMap enableapigroupversions of its namespace",
  "plugin-config-namespace": "a server reads Velero's ConfigMaps of its own namespace",
};
const noLabels = "the records of standalone restores are found by name";

const standalone = (why: string): CommandForm => ({ form: "standalone", why });
const reading = (serverFlags: FlagReasons): CommandForm => ({
  form: "both",
  standaloneFlags: allLocations,
  serverFlags,
});
const local: CommandForm = { form: "local" };
const anyMode: CommandForm = { form: "any-mode" };

/** Every command, by the words of its noun-first form; a test holds that none is missing. */
export const commandForms: Readonly<Record<string, CommandForm>> = {
  "backup plan": {
    form: "both",
    standaloneFlags: { "resource-policies-file": readsConfigMap("resource-policies-configmap") },
  },
  "backup create": {
    form: "both",
    standaloneFlags: {
      plan: planIsHere,
      "plugin-dir": ownPlugins,
      "resource-policies-file": readsConfigMap("resource-policies-configmap"),
    },
    serverFlags: { "from-schedule": schedulesNeedServer },
  },
  "backup cancel": { form: "server" },
  "schedule create": { form: "server" },
  "schedule get": { form: "server" },
  "schedule describe": { form: "server" },
  "schedule pause": { form: "server" },
  "schedule unpause": { form: "server" },
  "schedule delete": { form: "server" },
  "schedule preview": { form: "server" },
  "backup get": reading({}),
  "backup describe": reading(whyNoDownloadFlags),
  "backup diff": standalone(readsTheStore),
  "backup logs": reading({ ...whyNoDownloadFlags, follow: nothingToFollow }),
  "backup download": {
    form: "both",
    standaloneFlags: {
      ...allLocations,
      "allow-damaged": "a server hands out the archive as it is, and no manifest to compare with",
    },
    serverFlags: whyNoDownloadFlags,
  },
  "backup delete": {
    form: "both",
    standaloneFlags: {
      ...allLocations,
      "plugin-dir": ownPlugins,
      "metadata-only": "a server leaves a backup whole that owns data it cannot delete",
    },
    serverFlags: { wait: deletedHere, timeout: deletedHere },
  },
  "backup ls": standalone(readsTheStore),
  "backup cat": standalone(readsTheStore),
  "backup verify": standalone(readsTheStore),
  "backup prune": standalone("the server removes what has expired by itself"),
  "volume orphans": standalone(
    "it reads the backups of the location itself; named by URL with --storage-location, the server's bucket can be read as well",
  ),
  "backup discard": standalone("the server takes up what its own dead runs have left"),
  "backup thaw": standalone("the server pays what its own dead runs owe to pods"),
  "restore plan": { form: "both", standaloneFlags: ofTheServer },
  "restore create": {
    form: "both",
    standaloneFlags: {
      "plugin-dir": ownPlugins,
      plan: planIsHere,
      "allow-drift": planIsHere,
      ...ofTheServer,
    },
    serverFlags: {
      "from-schedule": `${schedulesNeedServer}; name the backup with --from-backup`,
      "allow-partially-failed":
        "it belongs to --from-schedule; a named backup is restored either way",
    },
  },
  "restore cancel": { form: "server" },
  "restore delete": {
    form: "both",
    standaloneFlags: allLocations,
    serverFlags: { wait: deletedHere, timeout: deletedHere },
  },
  "restore object": standalone(readsTheStore),
  "restore get": reading({ selector: noLabels }),
  "restore describe": reading({ ...whyNoDownloadFlags, selector: noLabels }),
  "restore logs": reading({ ...whyNoDownloadFlags, follow: nothingToFollow }),
  "restore activate": standalone(readsTheStore),
  "restore undo": standalone(readsTheStore),
  "restore discard": standalone("the server takes up what its own dead runs have left"),
  "backup-location get": {
    form: "both",
    serverFlags: { selector: "locations here have no labels" },
  },
  "backup-location create": { form: "server" },
  "backup-location set": {
    form: "both",
    standaloneFlags: { profile: "a server has no profiles: --credential names a Secret" },
    serverFlags: whyNoServerLocationFlags,
  },
  "backup-location delete": { form: "both" },
  "backup-location test": local,
  "snapshot-location get": { form: "server" },
  "snapshot-location create": { form: "server" },
  "snapshot-location set": { form: "server" },
  "plugin get": { form: "both" },
  "plugin test": local,
  "plugin add": anyMode,
  "plugin remove": anyMode,
  "client config get": local,
  "client config set": local,
  debug: anyMode,
  diff: standalone(readsTheStore),
  "mode get": local,
  "mode set": anyMode,
  version: { form: "both" },
  completion: local,
  __names: local,
  install: anyMode,
  server: anyMode,
  uninstall: anyMode,
};

export function formOf(path: readonly string[]): CommandForm | undefined {
  return commandForms[path.join(" ")];
}

/** The refusal of a command that only works here, where a server does the work. */
export function noServerForm(path: readonly string[], reason: string): ArkError {
  const form = formOf(path);
  const why = form?.form === "standalone" ? `: ${form.why}` : "";
  return usageError(
    `ark-ts ${path.join(" ")} has no server form${why} (server mode: ${reason})`,
    "run it with --mode standalone, which works with your own rights; take care not to write beside a server",
  );
}

/** Errors: ARK_USAGE for a flag that a server has no use for. */
export function refuseStandaloneFlags({ path, flags }: Invocation, namespace: string): void {
  const form = formOf(path);
  if (form?.form !== "both") return;
  const wayOut = "leave it out, or have this command do the work itself: --mode standalone";
  refuseFlags({ flags, namespace }, form.standaloneFlags, "in server mode", wayOut);
}

/** Errors: ARK_USAGE for a flag that only a server can honour. */
export function refuseServerFlags({ path, flags }: Invocation): void {
  const form = formOf(path);
  if (form?.form !== "both") return;
  refuseFlags({ flags, namespace: "" }, form.serverFlags, "in standalone mode");
}

interface Typed {
  readonly flags: FlagValues;
  readonly namespace: string;
}

/** `wayOut`: of a flag whose reason names none. */
function refuseFlags(
  { flags, namespace }: Typed,
  reasons: FlagReasons = {},
  where: string,
  wayOut?: string,
): void {
  for (const name of flags.names()) {
    const reason = Object.hasOwn(reasons, name) ? reasons[name] : undefined;
    if (reason === undefined) continue;
    const why = typeof reason === "string" ? reason : reason.why;
    const said = `--${name} has no effect ${where}: ${why}`;
    if (typeof reason === "string") throw usageError(said, wayOut);
    throw usageError(said, reason.instead(flags.text(name) ?? "", namespace));
  }
}
