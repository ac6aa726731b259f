/** Restores that ark-ts and Velero are given alike. */
import type { RestoreDifferences } from "./compare-restores.ts";
import type { DuelRun } from "./restore-duel.ts";

export interface RestoreCase extends DuelRun {
  readonly differences: RestoreDifferences;
}

const comesAlong =
  "the definition that an object of a namespace needs comes along; Velero leaves it out, and then the object";

/** Restores of namespaces with custom objects, whose definitions the target lacks. */
const definitionsComeAlong: RestoreDifferences = {
  objects: [
    {
      onlyIn: "ark-ts",
      resource: "customresourcedefinitions.apiextensions.k8s.io",
      reason: comesAlong,
    },
    { onlyIn: "ark-ts", resource: "apiservices.apiregistration.k8s.io", reason: comesAlong },
    { onlyIn: "ark-ts", resource: ".example.io", reason: comesAlong },
  ],
};

/** Restores into another namespace, with the token of a service account. */
const mappedToken: RestoreDifferences = {
  fields: [
    {
      resource: "secrets",
      path: ["data", "namespace"],
      reason:
        "the token of a service account names the namespace that it is in; Velero leaves it the former one",
    },
  ],
};

const both = (one: RestoreDifferences, other: RestoreDifferences): RestoreDifferences => ({
  objects: [...(one.objects ?? []), ...(other.objects ?? [])],
  fields: [...(one.fields ?? []), ...(other.fields ?? [])],
});

const changedLabel = ["metadata", "labels", "changed"];

/** Policy update over everything. */
const updated: RestoreDifferences = {
  fields: [
    {
      resource: "configmaps",
      path: changedLabel,
      reason:
        "kube-root-ca.crt is the cluster's own: ark-ts leaves it, Velero brings the old labels",
    },
    {
      resource: "jobs.batch",
      path: changedLabel,
      reason:
        "Velero's patch of a Job carries labels of the old uid, is refused, and leaves the Job as it is",
    },
  ],
};

const each = (
  archive: DuelRun["archive"],
  target: DuelRun["target"],
  flags: readonly (readonly string[])[],
): readonly RestoreCase[] =>
  flags.map((one) => ({ archive, target, flags: one, differences: differencesOf(target, one) }));

function differencesOf(target: DuelRun["target"], flags: readonly string[]): RestoreDifferences {
  const names = (flag: string): boolean => flags.some((one) => one.startsWith(flag));
  const isFiltered =
    names("--include-namespaces") || (names("--exclude-namespaces") && names("--exclude-res"));
  const takesCustom = !names("--include-resources") && !names("--selector");
  const mapped = names("--namespace-mappings") ? mappedToken : {};
  if (target === "empty") {
    return both(isFiltered && takesCustom ? definitionsComeAlong : {}, mapped);
  }
  return both(names("--existing-resource-policy=update") ? updated : {}, mapped);
}

/** Twelve for each run of the tests: every flag once, both archives, both targets. */
export function restoreCases(app: string, plain: string): readonly RestoreCase[] {
  return [
    ...each("ark-ts", "empty", [
      [],
      ["--include-namespaces", app, "--namespace-mappings", `${app}:${app}-copy`],
      ["--selector", "app=web"],
      ["--include-resources", "deployments,cm,customresourcedefinitions"],
      ["--include-cluster-resources=false", "--preserve-nodeports"],
    ]),
    ...each("Velero", "empty", [
      ["--exclude-namespaces", plain, "--exclude-resources", "secrets,pods"],
      ["--or-selector", "app=web or app=plain", "--include-cluster-resources=true"],
      ["--include-namespaces", `${plain},${app}`, "--restore-volumes=false"],
    ]),
    ...each("ark-ts", "changed", [
      [],
      ["--existing-resource-policy=update"],
      ["--status-include-resources", "widgets,deployments", "--include-namespaces", app],
    ]),
    ...each("Velero", "changed", [["--existing-resource-policy=update", "--selector", "app=web"]]),
  ];
}

/** With those above at least thirty, by flag. */
export function moreRestoreCases(app: string, plain: string): readonly RestoreCase[] {
  const glob = `${plain.slice(0, -2)}*`;
  return [
    ...each("Velero", "empty", [
      [],
      ["--include-namespaces", app, "--namespace-mappings", `${app}:${app}-copy`],
      ["--selector", "app=web"],
      ["--include-resources", "deployments,cm,customresourcedefinitions"],
      ["--include-cluster-resources=false", "--preserve-nodeports"],
      ["--include-namespaces", glob],
      ["--include-resources", "clusterroles,clusterrolebindings"],
      ["--namespace-mappings", `${app}:${plain}`],
    ]),
    ...each("ark-ts", "empty", [
      ["--exclude-namespaces", plain, "--exclude-resources", "secrets,pods"],
      ["--or-selector", "app=web or app=plain", "--include-cluster-resources=true"],
      ["--include-namespaces", `${plain},${app}`, "--restore-volumes=false"],
      ["--include-resources", "persistentvolumeclaims,pods", "--include-namespaces", app],
      ["--include-resources", "persistentvolumeclaims", "--include-cluster-resources=false"],
      ["--include-resources", "services,endpoints"],
      ["--exclude-resources", "customresourcedefinitions"],
      ["--exclude-namespaces", `${app},${plain}`],
    ]),
    ...each("ark-ts", "changed", [
      ["--existing-resource-policy=update", "--include-namespaces", app],
      ["--existing-resource-policy=none", "--preserve-nodeports"],
    ]),
    ...each("Velero", "changed", [
      [],
      ["--existing-resource-policy=update"],
      ["--namespace-mappings", `${app}:${app}-copy`, "--existing-resource-policy=update"],
    ]),
  ];
}
