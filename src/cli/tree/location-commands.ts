import type { ArgumentSpec, LeafSpec } from "../command-spec.ts";
import type { FlagSpec } from "../flag-spec.ts";
import { clusterFlags, generalFlags, outputFlag } from "../flags/general-flags.ts";
import { serverLocationFlags } from "../flags/server-flags.ts";

const names: ArgumentSpec = {
  name: "NAME",
  required: false,
  variadic: true,
  help: "names of locations (default: all)",
  names: "locations",
};

const labelSelector: FlagSpec = {
  name: "selector",
  short: "l",
  kind: "text",
  placeholder: "SELECTOR",
  help: "only locations with these labels",
  heading: "With a server:",
};

/** Those of the general flags that do not take the name of the flag for the provider's settings. */
const besideConfig = generalFlags.map((flag) =>
  flag.name === "config-dir" ? { ...flag, aliases: [] } : flag,
);

const get: LeafSpec = {
  name: "get",
  path: ["backup-location", "get"],
  summary: "list the named locations",
  args: [names],
  flags: [
    { name: "default", kind: "boolean", help: "only the default location" },
    labelSelector,
    outputFlag,
    ...clusterFlags,
    ...generalFlags,
  ],
  load: () => import("../commands/backup-location/get.ts"),
};

const set: LeafSpec = {
  name: "set",
  path: ["backup-location", "set"],
  summary: "name a place for backups, or change what is kept under the name",
  details: [
    "The place is a URL, or --provider, --bucket and --prefix as in Velero. Of a name that exists only what is given is changed. No credentials are kept: those of the environment or of --profile are used.",
  ],
  examples: [
    "ark-ts backup-location set prod s3://backups/prod --config region=eu-central-1 --default",
    "ark-ts backup-location set lab --provider aws --bucket backups --config s3Url=https://minio.lab:9000,s3ForcePathStyle=true,region=minio --cacert ca.pem",
    "ark-ts backup-location set usb file:///media/usb/backups",
  ],
  args: [
    {
      name: "NAME",
      required: true,
      variadic: false,
      help: "name of the location",
      names: "locations",
    },
    { name: "URL", required: false, variadic: false, help: "s3://bucket/prefix or file:///path" },
  ],
  flags: [
    {
      name: "provider",
      kind: "text",
      placeholder: "NAME",
      help: "aws for S3 and what speaks its protocol, directory for a folder",
    },
    {
      name: "bucket",
      kind: "text",
      placeholder: "NAME",
      help: "bucket, or folder of a directory location",
    },
    { name: "prefix", kind: "text", placeholder: "PATH", help: "folder inside the bucket" },
    {
      name: "config",
      kind: "map",
      help: "settings of the provider, by Velero's names, such as region, s3Url, s3ForcePathStyle, checksumAlgorithm",
    },
    { name: "unset-config", kind: "list", help: "settings to forget" },
    {
      name: "profile",
      kind: "text",
      placeholder: "NAME",
      help: "profile of the AWS credentials file",
    },
    {
      name: "cacert",
      kind: "text",
      placeholder: "FILE",
      help: "certificates (PEM) to trust for the store",
    },
    { name: "default", kind: "boolean", help: "use it where no --storage-location is given" },
    ...serverLocationFlags,
    outputFlag,
    ...clusterFlags,
    ...besideConfig,
  ],
  load: () => import("../commands/backup-location/set.ts"),
};

const create: LeafSpec = {
  name: "create",
  path: ["backup-location", "create"],
  summary: "make a location of a server (a standalone one: backup-location set)",
  details: [
    "The place is a URL, or --provider, --bucket and --prefix as in Velero. Credentials are a key of a Secret in the server's namespace; without --credential those of the server are used.",
  ],
  examples: [
    "ark-ts backup-location create prod s3://backups/prod --config region=eu-central-1 --credential bucket=cloud --default",
    "ark-ts backup-location create vault --provider aws --bucket vault --access-mode ReadOnly",
  ],
  args: [
    { name: "NAME", required: true, variadic: false, help: "name of the location" },
    { name: "URL", required: false, variadic: false, help: "s3://bucket/prefix" },
  ],
  flags: [
    ...set.flags.filter(({ name }) =>
      ["provider", "bucket", "prefix", "config", "cacert"].includes(name),
    ),
    {
      name: "default",
      kind: "boolean",
      help: "use it for Backups that name no location; refused where another is the default",
    },
    { name: "labels", kind: "map", help: "labels of the new resource" },
    ...serverLocationFlags,
    outputFlag,
    ...clusterFlags,
    ...besideConfig,
  ],
  load: () => import("../commands/backup-location/create.ts"),
};

const remove: LeafSpec = {
  name: "delete",
  path: ["backup-location", "delete"],
  summary: "forget named locations; what is stored there stays",
  args: [{ ...names, required: true, help: "names of locations" }],
  flags: [
    { name: "confirm", kind: "boolean", help: "do not ask" },
    ...clusterFlags,
    ...generalFlags,
  ],
  load: () => import("../commands/backup-location/delete.ts"),
};

const test: LeafSpec = {
  name: "test",
  path: ["backup-location", "test"],
  summary: "try what a location can do: read, write, list, delete, and more",
  args: [
    {
      name: "NAME|URL",
      required: false,
      variadic: false,
      help: "location to try (default: the default location)",
      names: "locations",
    },
  ],
  flags: [outputFlag, ...generalFlags],
  load: () => import("../commands/backup-location/test.ts"),
};

export const locationCommands: readonly LeafSpec[] = [get, create, set, remove, test];
