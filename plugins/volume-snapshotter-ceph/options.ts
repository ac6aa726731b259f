import {
  type OptionDoc,
  parseConfigOf,
  type SnapshotLocationSpec,
} from "../../src/plugin-sdk/volume-snapshotter.ts";

export interface CephOptions {
  /** Name of the VolumeSnapshotLocation. */
  readonly location: string;
  readonly monitors?: string | undefined;
  readonly configFile?: string | undefined;
  readonly user?: string | undefined;
  readonly credentialsFile?: string | undefined;
  /** Volumes in other pools are not this location's. */
  readonly pools: readonly string[];
  /** Empty: the pools' own. */
  readonly radosNamespace: string;
  readonly clusterId?: string | undefined;
  readonly program: string;
  readonly flattens: boolean;
  readonly commandTimeoutMs: number;
  readonly flattenTimeoutMs: number;
}

/** The keys are ours: Velero has no plugin for RBD. */
export const cephOptionDocs: readonly OptionDoc[] = [
  {
    key: "pools",
    meaning: "pools of the volumes, with spaces or commas between them",
    default: "none: it must be given",
  },
  {
    key: "monitors",
    meaning: "addresses of the monitors, with spaces or commas between them",
    default: "those of `configFile`",
  },
  { key: "configFile", meaning: "file such as `ceph.conf`", default: "none is read" },
  {
    key: "credentialsFile",
    meaning: "keyring of the user, or a file with its key alone; read again at each call",
    default: "Ceph's own places for keyrings",
  },
  {
    key: "user",
    meaning: "name of the user, without `client.`",
    default: "the only one of the keyring, else `admin`",
  },
  {
    key: "clusterID",
    meaning: "of the CSI driver (Rook: namespace of the cluster); volumes of others are left alone",
    default: "volumes of any",
  },
  {
    key: "radosNamespace",
    meaning: "RADOS namespace of the volumes in their pools",
    default: "none",
  },
  {
    key: "flatten",
    meaning: "copies all data into new volumes, so that they need no snapshot any more",
    default: "`false`",
  },
  {
    key: "rbdProgram",
    meaning: "the program `rbd` of Ceph (Debian: ceph-common)",
    default: "`rbd`, by `PATH`",
  },
  {
    key: "commandTimeoutSeconds",
    meaning: "after which a command of `rbd` is ended",
    default: "`120`",
  },
  {
    key: "flattenTimeoutSeconds",
    meaning: "the same while data is copied (`flatten`)",
    default: "`21600`, six hours",
  },
];

/** Names with `/` or `@` would say something else to `rbd`; those with `-` first be options. */
export const isPlainName = (name: string): boolean => /^[^-/@\s][^/@\s]*$/.test(name);

/** Errors: ARK_CONFIG_INVALID. */
export function parseCephOptions({ name, provider, config }: SnapshotLocationSpec): CephOptions {
  const what = `the volume snapshot location ${JSON.stringify(name)}`;
  const reader = parseConfigOf({ what, provider, config }, cephOptionDocs);
  const named = (key: string): string | undefined => {
    const value = reader.text(key);
    if (value === undefined || isPlainName(value)) return value;
    reader.fault(`${key} cannot be ${JSON.stringify(value)}`);
    return undefined;
  };
  const seconds = (key: string, whenAbsent: number): number => {
    const value = reader.text(key) ?? String(whenAbsent);
    if (/^[1-9]\d{0,5}$/.test(value)) return Number(value) * 1_000;
    reader.fault(`${key} must be a number of seconds from 1 to 999999`);
    return 0;
  };
  // A flag of the command line has commas between its keys.
  const list = (key: string): readonly string[] =>
    (reader.text(key) ?? "").split(/[\s,;]+/).filter((one) => one !== "");
  const pools = list("pools");
  if (pools.length === 0) reader.fault("pools is missing");
  if (!pools.every(isPlainName)) reader.fault("pools must be names, with spaces between them");
  const monitors = list("monitors");
  const options: CephOptions = {
    location: name,
    monitors: monitors.length === 0 ? undefined : monitors.join(","),
    configFile: reader.text("configFile"),
    user: named("user")?.replace(/^client\./, ""),
    credentialsFile: reader.text("credentialsFile"),
    pools,
    radosNamespace: named("radosNamespace") ?? "",
    clusterId: reader.text("clusterID"),
    program: reader.text("rbdProgram") ?? "rbd",
    flattens: reader.flag("flatten", false),
    commandTimeoutMs: seconds("commandTimeoutSeconds", 120),
    flattenTimeoutMs: seconds("flattenTimeoutSeconds", 21_600),
  };
  if (options.monitors === undefined && options.configFile === undefined) {
    reader.fault("monitors or configFile must be given");
  }
  if (options.monitors?.startsWith("-")) reader.fault("monitors must be addresses");
  reader.done();
  return options;
}
