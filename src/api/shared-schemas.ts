/** What several kinds of `velero.io` have in common. */
import {
  atomicList,
  atomicMap,
  bigCount,
  count,
  flag,
  listOf,
  oneOf,
  record,
  required,
  text,
  textMap,
  texts,
  time,
  type Valued,
} from "./schema.ts";
import { transferPhases } from "./transfer-phases.ts";

const selectorRequirement = record(
  {
    key: required(text("The label.")),
    operator: required(
      text<"In" | "NotIn" | "Exists" | "DoesNotExist">("In, NotIn, Exists or DoesNotExist."),
    ),
    values: atomicList(texts("For In and NotIn at least one; for the others none.")),
  },
  "One condition on one label.",
);

/** Contract: `meta/v1` LabelSelector. */
export const labelSelector = atomicMap(
  record(
    {
      matchExpressions: atomicList(
        listOf(selectorRequirement, "Conditions on labels, all of which must hold."),
      ),
      matchLabels: textMap("Labels with the values they must have."),
    },
    "Objects with these labels; everything in it must hold.",
  ),
);

export type LabelSelector = Valued<typeof labelSelector>;
export type LabelSelectorRequirement = Valued<typeof selectorRequirement>;

const hookErrorModes = ["Continue", "Fail"] as const;

/** What follows when a hook fails. */
export type HookErrorMode = (typeof hookErrorModes)[number];

export const onError = oneOf(
  hookErrorModes,
  "What follows when the command fails: Continue, or Fail (the default).",
);

/** Contract: `core/v1` TypedLocalObjectReference. */
export const localReference = (description: string) =>
  atomicMap(
    record(
      {
        apiGroup: text("Group of the kind; absent for the core group."),
        kind: required(text("Kind of what is referred to; only configmap has a meaning.")),
        name: required(text("Its name.")),
      },
      description,
    ),
  );

/** An object in the namespace of the resource. */
export type LocalReference = Valued<ReturnType<typeof localReference>>;

/** Contract: `core/v1` SecretKeySelector. */
export const secretKey = (description: string) =>
  atomicMap(
    record(
      {
        key: required(text("Key in the Secret's data.")),
        name: { ...text("Name of the Secret."), default: "" },
        optional: flag("Whether the Secret or its key may be missing."),
      },
      description,
    ),
  );

export type SecretKey = Valued<ReturnType<typeof secretKey>>;

/** Contract: `core/v1` ObjectReference. */
export const objectReference = (description: string) =>
  atomicMap(
    record(
      {
        apiVersion: text("Group and version of its kind."),
        fieldPath: text("A part of the object, where not the whole is meant."),
        kind: text("Its kind."),
        name: text("Its name."),
        namespace: text("Its namespace."),
        resourceVersion: text("The revision that is meant, where it is a certain one."),
        uid: text("Its uid."),
      },
      description,
    ),
  );

export type ObjectReference = Valued<ReturnType<typeof objectReference>>;

/** How far the data of one volume has come. */
export const transferProgress = record(
  { bytesDone: bigCount("Bytes done."), totalBytes: bigCount("Bytes of the volume.") },
  "How far the data has come.",
);

export type TransferProgress = Valued<typeof transferProgress>;

/** What the status of everything that moves the data of a volume tells. */
export const transferOutcome = {
  phase: oneOf(transferPhases.phases, "How far it has come."),
  message: text("Why it failed or was cancelled."),
  startTimestamp: time("When the data began to flow."),
  completionTimestamp: time("When it ended, well or not."),
  progress: transferProgress,
  acceptedTimestamp: time("When a node took it up."),
};

export const hookStatus = record(
  {
    hooksAttempted: count("Hooks that were begun."),
    hooksFailed: count("Hooks that failed."),
  },
  "How the hooks went.",
);

export const uploaderTypes = ["kopia", "restic", ""] as const;
export const nodeSystems = ["auto", "linux", "windows"] as const;
