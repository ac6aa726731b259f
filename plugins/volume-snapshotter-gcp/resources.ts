/** What Compute Engine answers, read without trust. */
export type Json = Readonly<Record<string, unknown>>;

export interface Disk {
  readonly name: string;
  readonly selfLink: string;
  /** A URL with project and zone. */
  readonly type: string;
  readonly description: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `CREATING`, `RESTORING`, `READY`, `FAILED`, `DELETING`. */
  readonly status: string;
  /** A URL; empty: it was made of none. */
  readonly sourceSnapshot: string;
}

export interface Snapshot {
  readonly name: string;
  readonly selfLink: string;
  readonly description: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `CREATING`: not cut yet. `UPLOADING`: cut. `READY`, `FAILED`, `DELETING`. */
  readonly status: string;
  /** A URL. */
  readonly sourceDisk: string;
  /** The key of Cloud KMS that it is encrypted with; empty: a key of Google's own. */
  readonly kmsKeyName: string;
}

/** Work of Compute Engine that goes on after its answer. */
export interface Operation {
  readonly name: string;
  readonly isDone: boolean;
  /** Absent: it did not fail, or is not done. */
  readonly error?: OperationError;
}

export interface OperationError {
  /** Google's word: `QUOTA_EXCEEDED`. */
  readonly code: string;
  readonly message: string;
  readonly status: number | undefined;
}

export function readDisk(json: Json): Disk {
  return {
    name: textOf(json["name"]),
    selfLink: textOf(json["selfLink"]),
    type: textOf(json["type"]),
    description: textOf(json["description"]),
    labels: textsOf(json["labels"]),
    status: textOf(json["status"]),
    sourceSnapshot: textOf(json["sourceSnapshot"]),
  };
}

export function readSnapshot(json: Json): Snapshot {
  const encryption = recordOf(json["snapshotEncryptionKey"]);
  return {
    name: textOf(json["name"]),
    selfLink: textOf(json["selfLink"]),
    description: textOf(json["description"]),
    labels: textsOf(json["labels"]),
    status: textOf(json["status"]),
    sourceDisk: textOf(json["sourceDisk"]),
    kmsKeyName: textOf(encryption["kmsKeyName"]),
  };
}

export function readOperation(json: Json): Operation {
  const [first] = recordsOf(recordOf(json["error"])["errors"]);
  const status = json["httpErrorStatusCode"];
  const error = first && {
    code: textOf(first["code"]),
    message: textOf(first["message"]) || textOf(json["httpErrorMessage"]),
    status: typeof status === "number" ? status : undefined,
  };
  return {
    name: textOf(json["name"]),
    isDone: json["status"] === "DONE",
    ...(error && { error }),
  };
}

/** Usage and limit of snapshots in a project; undefined: it was not said. */
export function snapshotQuota(
  project: Json,
): { readonly usage: number; readonly limit: number } | undefined {
  const quota = recordsOf(project["quotas"]).find(({ metric }) => metric === "SNAPSHOTS");
  const { usage, limit } = quota ?? {};
  return typeof usage === "number" && typeof limit === "number" ? { usage, limit } : undefined;
}

/** The disks of one page of all zones and regions, and where the next page begins. */
export function disksOfPage(json: Json): {
  readonly disks: readonly Disk[];
  readonly next: string;
} {
  const places = Object.values(recordOf(json["items"])).map(recordOf);
  const disks = places.flatMap((place) => recordsOf(place["disks"])).map(readDisk);
  return { disks, next: textOf(json["nextPageToken"]) };
}

export const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

function recordOf(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Json)
    : {};
}

const recordsOf = (value: unknown): readonly Json[] =>
  Array.isArray(value) ? value.map(recordOf) : [];

function textsOf(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(recordOf(value));
  return Object.fromEntries(entries.map(([key, one]) => [key, textOf(one)]));
}
