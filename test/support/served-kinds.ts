import { type KubeClient, patiently } from "./kube-client.ts";

/** A kind as the server's own documents name it; read without the product's discovery. */
export interface ServedKind {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

export const groupPlural = (kind: ServedKind): string =>
  kind.group === "" ? kind.plural : `${kind.plural}.${kind.group}`;

/** `/api/v1/namespaces/ns/configmaps`, or over all namespaces when none is given. */
export function collectionPath(kind: ServedKind, namespace = ""): string {
  const root = kind.group === "" ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  return namespace === ""
    ? `${root}/${kind.plural}`
    : `${root}/namespaces/${namespace}/${kind.plural}`;
}

interface ResourceDocument {
  readonly resources: readonly {
    readonly name: string;
    readonly kind: string;
    readonly namespaced: boolean;
    readonly verbs: readonly string[];
  }[];
}

/** The preferred version of every kind, group by group, from the plain discovery documents. */
export async function servedKinds(client: KubeClient): Promise<readonly ServedKind[]> {
  const groups = JSON.parse((await client.demand("GET", "/apis")).toString()) as {
    readonly groups: readonly {
      readonly name: string;
      readonly versions: readonly { readonly version: string }[];
      readonly preferredVersion: { readonly version: string };
    }[];
  };
  const wanted = [
    { group: "", versions: ["v1"], root: "/api/v1" },
    ...groups.groups.map((group) => ({
      group: group.name,
      versions: [group.preferredVersion.version, ...group.versions.map((one) => one.version)],
      root: `/apis/${group.name}`,
    })),
  ];
  const kinds = new Map<string, ServedKind>();
  for (const { group, versions } of wanted) {
    for (const version of new Set(versions)) {
      const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
      const answer = await patiently(client.send, root);
      // Gone since, or served by somebody who is away.
      if (answer.status !== 200) continue;
      for (const one of (JSON.parse(answer.body.toString()) as ResourceDocument).resources) {
        if (one.name.includes("/")) continue;
        const kind = {
          group,
          version,
          plural: one.name,
          kind: one.kind,
          namespaced: one.namespaced,
          verbs: one.verbs,
        };
        if (!kinds.has(groupPlural(kind))) kinds.set(groupPlural(kind), kind);
      }
    }
  }
  return [...kinds.values()];
}
