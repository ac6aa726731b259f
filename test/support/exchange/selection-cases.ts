/**
 * Selections that ark-ts and Velero are given alike, and the one table of what one takes and the
 * other does not, each with its reason. The test prints it. Nothing else may differ.
 */
export interface SetDifference {
  readonly onlyIn: "ark-ts" | "Velero";
  /** Group-resources; absent: every cluster-scoped one. */
  readonly resources?: readonly string[];
  readonly reason: string;
}

export interface SelectionCase {
  readonly flags: readonly string[];
  readonly differences: readonly SetDifference[];
}

/** What Velero does to a backup for which no filter was given. */
const unfiltered: SetDifference = {
  onlyIn: "ark-ts",
  reason:
    "Velero 1.18.3 excludes VolumeSnapshotContents from each backup by itself, takes that for a filter, and then leaves out cluster-scoped objects that nothing refers to",
};

/** `app` holds one object of every kind, `plain` a few. */
export function selectionCases(app: string, plain: string): readonly SelectionCase[] {
  return [
    { flags: [], differences: [unfiltered] },
    { flags: ["--include-cluster-resources=true"], differences: [] },
    { flags: ["--include-cluster-resources=false"], differences: [] },
    { flags: ["--include-namespaces", `${app},${plain}`], differences: [] },
    {
      flags: ["--include-namespaces", `${plain.slice(0, -2)}*`, "--exclude-resources", "secrets"],
      differences: [],
    },
    { flags: ["--or-selector", "app=web or app=plain"], differences: [] },
    {
      flags: ["--include-resources", "deployments,cm,customresourcedefinitions"],
      differences: [],
    },
    {
      flags: [
        ...["--include-cluster-scoped-resources", "clusterroles"],
        ...["--exclude-namespace-scoped-resources", "secrets"],
      ],
      differences: [],
    },
    { flags: ["--selector", "app=web"], differences: [] },
    { flags: ["--include-namespaces", app, "--selector", "app=web"], differences: [] },
    {
      flags: [
        ...["--include-namespaces", app],
        ...["--exclude-cluster-scoped-resources", "persistentvolumes,crd"],
      ],
      differences: [],
    },
    {
      flags: [
        ...["--include-namespaces", app],
        ...["--include-resources", "pods,persistentvolumeclaims,persistentvolumes"],
      ],
      differences: [],
    },
    {
      flags: [
        ...["--include-resources", "pods,persistentvolumeclaims,serviceaccounts,widgets"],
        "--include-cluster-resources=true",
      ],
      differences: [],
    },
  ];
}
