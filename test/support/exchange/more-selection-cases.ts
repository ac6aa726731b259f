import type { SelectionCase } from "./selection-cases.ts";

/** Flag sets for when time is no matter; `odd` holds opted-out objects and claims of pods. */
export function moreSelectionCases(
  prefix: string,
  app: string,
  plain: string,
  odd: string,
): readonly SelectionCase[] {
  const inside = (namespaces: string, ...flags: readonly string[]): SelectionCase => ({
    flags: ["--include-namespaces", namespaces, ...flags],
    differences: [],
  });
  const small = `${plain},${odd}`;
  return [
    inside(plain, "--include-cluster-resources=true"),
    inside(app, "--include-cluster-resources=false"),
    inside(`${prefix}-*`),
    inside(`${prefix}-*`, "--exclude-namespaces", "*-app"),
    inside(`${prefix}-???`),
    inside(`${prefix}-[op]*`),
    inside("*", "--exclude-namespaces", `kube-*,velero,${app}`),
    inside(app, "--exclude-resources", "events,events.events.k8s.io,secrets,pods"),
    inside(app, "--include-resources", "secrets,serviceaccounts"),
    inside(small, "--include-resources", "*"),
    inside(app, "--include-resources", `widgets.${prefix}.example.io,deployments.apps`),
    inside(
      app,
      "--include-resources",
      "sa,clusterroles,clusterrolebindings.rbac.authorization.k8s.io",
    ),
    inside(small, "--include-resources", "pods"),
    inside(small, "--include-namespace-scoped-resources", "configmaps"),
    inside(small, "--include-namespace-scoped-resources", "pods"),
    inside(small, "--include-cluster-scoped-resources", "*"),
    inside(app, "--exclude-cluster-scoped-resources", "*"),
    inside(small, "--exclude-namespace-scoped-resources", "configmaps,secrets"),
    inside(small, "--exclude-namespace-scoped-resources", "persistentvolumeclaims"),
    inside(
      small,
      ...["--include-cluster-scoped-resources", "storageclasses,persistentvolumes"],
      ...["--include-namespace-scoped-resources", "secrets"],
    ),
    inside(small, "--selector", "app in (web,plain)"),
    inside(small, "--selector", "!app"),
    inside(small, "--selector", "app notin (plain)"),
    inside(app, "--selector", "app=web", "--include-cluster-resources=true"),
    inside(small, "--selector", "app=web", "--include-cluster-resources=false"),
    inside(small, "--or-selector", "app=web or tier=data"),
    inside(small, "--selector", "tier=data", "--include-resources", "persistentvolumeclaims"),
    inside(
      small,
      ...["--selector", "app=plain", "--exclude-namespace-scoped-resources", "secrets"],
    ),
    inside(odd, "--ordered-resources", `pods=${odd}/two,${odd}/one`),
    inside(
      small,
      ...[
        "--ordered-resources",
        `configmaps=${plain}/two,${odd}/web;persistentvolumeclaims=${odd}/shared`,
      ],
    ),
    inside(
      plain,
      ...[
        "--include-cluster-resources=true",
        "--exclude-resources",
        "clusterroles,clusterrolebindings",
      ],
    ),
    { flags: ["--exclude-namespaces", `kube-*,default,velero,${plain}`], differences: [] },
  ];
}
