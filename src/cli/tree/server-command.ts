import type { CommandNode } from "../command-spec.ts";
import type { FlagSpec } from "../flag-spec.ts";
import { downloadEndpointFlags } from "../flags/download-endpoint-flags.ts";
import { clusterFlags, generalFlags } from "../flags/general-flags.ts";
import { refusedServerFlags } from "../flags/refused-server-flags.ts";

const accessFlags = clusterFlags.filter(({ name }) => ["kubeconfig", "context"].includes(name));

const duration = (name: string, help: string): FlagSpec => ({ name, kind: "duration", help });

const flags: readonly FlagSpec[] = [
  {
    name: "plugin-dir",
    kind: "text",
    placeholder: "DIR",
    help: "folder of Velero's plugins: executables (default: /plugins)",
  },
  {
    name: "log-level",
    kind: "choice",
    choices: ["panic", "fatal", "error", "warning", "info", "debug", "trace"],
    help: "least level of the lines that are written (default: info)",
  },
  {
    name: "log-format",
    kind: "choice",
    choices: ["text", "json"],
    help: "form of the log (default: text)",
  },
  {
    name: "metrics-address",
    kind: "text",
    placeholder: "HOST:PORT",
    help: "where /metrics, /healthz and /readyz are served (default: :8085)",
  },
  ...downloadEndpointFlags,
  duration(
    "backup-sync-period",
    "how often buckets are looked at for unknown backups; 0: never (default: 1m)",
  ),
  duration("store-validation-frequency", "how often locations are checked; 0: once (default: 1m)"),
  duration("default-backup-ttl", "how long backups are kept that do not say (default: 720h)"),
  duration(
    "garbage-collection-frequency",
    "how often expired backups are looked for (default: 1h)",
  ),
  duration(
    "default-item-operation-timeout",
    "how long operations of plugins may take where a backup or restore does not say (default: 4h)",
  ),
  {
    name: "default-backup-storage-location",
    kind: "text",
    placeholder: "NAME",
    help: "location of backups that name none, where no location is the default (default: default)",
  },
  {
    name: "volume-group-snapshot-label-key",
    kind: "text",
    placeholder: "LABEL",
    help: "claims with one value of this label are snapshotted as one, in backups that name no label (default: velero.io/volume-group)",
  },
  {
    name: "default-volume-snapshot-locations",
    kind: "list",
    placeholder: "PROVIDER:NAME",
    help: "volume snapshot location of a provider that has several, for backups that name none of them",
  },
  {
    name: "concurrent-backups",
    kind: "integer",
    help: "backups, and restores, in work at once (default: 1)",
  },
  {
    name: "schedule-skip-immediately",
    kind: "boolean",
    help: "of schedules that do not say: what was due in a pause, or before a server first saw them, is let pass (default: true)",
  },
  {
    name: "disable-controllers",
    kind: "list",
    placeholder: "NAME",
    help: "controllers that do not run, by Velero's names",
  },
];

export const serverCommand: CommandNode = {
  name: "server",
  path: ["server"],
  summary:
    "run the server: works on the resources of velero.io in its namespace until it is stopped",
  details: [
    "In a pod it uses the service account, elsewhere the kubeconfig. Several may run: one leads, by the Lease ark-ts in the namespace, the others stand by. SIGTERM: it takes up nothing new, gives what is begun a few seconds, and hands over; a second one ends it at once.",
    "Flags and defaults are Velero's. What has no meaning here is refused, with the reason: docs/compatibility.md has the table.",
  ],
  flags: [
    ...flags,
    ...accessFlags,
    {
      name: "namespace",
      short: "n",
      kind: "text",
      placeholder: "NAME",
      help: "namespace that it works in (default: in a pod the pod's, else ark-ts)",
      heading: "Cluster flags:",
    },
    ...generalFlags,
  ],
  later: refusedServerFlags,
  load: () => import("../commands/server.ts"),
};
