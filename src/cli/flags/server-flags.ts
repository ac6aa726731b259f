import type { FlagSpec } from "../flag-spec.ts";

const heading = "With a server:";

/** Velero's, of commands that fetch what a server hands out. */
export const downloadFlags: readonly FlagSpec[] = [
  {
    name: "timeout",
    kind: "duration",
    help: "how long to wait for the server's answer to each file (default: 1m)",
    heading,
  },
  {
    name: "cacert",
    kind: "text",
    placeholder: "FILE",
    help: "certificates (PEM) to trust for the store (default: those of the location)",
    heading,
  },
  {
    name: "insecure-skip-tls-verify",
    kind: "boolean",
    help: "accept any certificate of the store",
    heading,
  },
];

/** Why standalone refuses each of them. */
export const whyNoDownloadFlags: Readonly<Record<string, string>> = {
  timeout: "standalone reads the store directly; Ctrl-C stops it",
  "insecure-skip-tls-verify": "set insecureSkipTLSVerify in the location's --config instead",
  cacert: "set it once with ark-ts backup-location set NAME --cacert FILE",
};

export const followFlag: FlagSpec = {
  name: "follow",
  kind: "boolean",
  help: "go on until the run has ended, and print what is new",
  heading,
};

export const fromScheduleFlag: FlagSpec = {
  name: "from-schedule",
  kind: "text",
  placeholder: "NAME",
  help: "the backup that this schedule would make now (default name: SCHEDULE-YYYYMMDDhhmmss)",
  heading,
};

/** Of commands that ask the server to end something. */
export const endFlags: readonly FlagSpec[] = [
  {
    name: "wait",
    short: "w",
    kind: "boolean",
    placeholder: "BOOL",
    help: "wait for its end, and tell what was left (default: true)",
    heading,
  },
  {
    name: "timeout",
    kind: "duration",
    help: "how long to wait (default: 10m)",
    heading,
  },
];

export const cancelTimeoutFlag: FlagSpec = {
  name: "timeout",
  kind: "duration",
  help: "how long to wait for its end (default: 2m)",
};

/** Velero's, of `restore create`. */
export const restoreScheduleFlags: readonly FlagSpec[] = [
  {
    name: "from-schedule",
    kind: "text",
    placeholder: "NAME",
    help: "the last completed backup of this schedule",
    heading,
  },
  {
    name: "allow-partially-failed",
    kind: "boolean",
    placeholder: "BOOL",
    help: "with --from-schedule: also the last partially failed one (default: false)",
    heading,
  },
];

export const restoreSelector: FlagSpec = {
  name: "selector",
  short: "l",
  kind: "text",
  placeholder: "SELECTOR",
  help: "only restores with these labels",
  heading,
};

/** Velero's, of `backup-location create` and `set`. */
export const serverLocationFlags: readonly FlagSpec[] = [
  {
    name: "credential",
    kind: "map",
    placeholder: "SECRET=KEY",
    help: "credentials: a key of a Secret in the server's namespace",
    heading,
  },
  {
    name: "access-mode",
    kind: "choice",
    choices: ["ReadWrite", "ReadOnly"],
    help: "ReadOnly: nothing is written there or deleted (default: ReadWrite)",
    heading,
  },
  {
    name: "backup-sync-period",
    kind: "duration",
    help: "how often backups are looked for that only the bucket has; 0s: never",
    heading,
  },
  {
    name: "validation-frequency",
    kind: "duration",
    help: "how often the location is tried; 0s: never",
    heading,
  },
];

/** Why standalone refuses each of them. */
export const whyNoServerLocationFlags: Readonly<Record<string, string>> = {
  credential: "it names a Secret in the cluster; use --profile",
  "access-mode": "it is the server that honours it",
  "backup-sync-period": "it is the server that looks",
  "validation-frequency": "it is the server that tries",
};
