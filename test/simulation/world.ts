/** A cluster, drawn from a seed. */
import type { Random } from "./random.ts";

/** An object as it is put into the cluster; text, for numbers have their own. */
export interface WorldObject {
  /** `deployments.apps` */
  readonly resource: string;
  readonly apiVersion: string;
  readonly namespace: string;
  readonly name: string;
  readonly text: string;
}

export interface World {
  readonly namespaces: readonly string[];
  readonly objects: readonly WorldObject[];
}

interface WorldKind {
  readonly resource: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly body: (random: Random, world: { readonly namespaces: readonly string[] }) => string;
}

const oddTexts = [
  "plain",
  "Grüße, 世界 🚢",
  'quote " backslash \\ and </script>',
  "line one\nline two\r\n\ttabbed",
  "\u2028\u2029\u0000\u0007",
  "{{ template }} $HOME %s",
];
const oddNumbers = [
  "1.0",
  "1e3",
  "9007199254740993",
  "-0.10",
  "0",
  "123456789012345678901234567890",
];

const text = (random: Random): string => JSON.stringify(random.pick(oddTexts));

/** Hardly compressible, so that small worlds have several parts. */
function payload(random: Random): string {
  const length = random.chance(0.2) ? 400 + random.int(1600) : random.int(160);
  let out = "";
  while (out.length < length) out += Math.floor(random.next() * 2 ** 30).toString(36);
  return JSON.stringify(out);
}

export const worldKinds: readonly WorldKind[] = [
  {
    resource: "configmaps",
    apiVersion: "v1",
    kind: "ConfigMap",
    namespaced: true,
    body: (random) => `"data":{"a":${text(random)},"b":${payload(random)}}`,
  },
  {
    resource: "secrets",
    apiVersion: "v1",
    kind: "Secret",
    namespaced: true,
    body: (random) =>
      `"data":{"k":"${Buffer.from(random.pick(oddTexts)).toString("base64")}"},"type":"Opaque"`,
  },
  {
    resource: "serviceaccounts",
    apiVersion: "v1",
    kind: "ServiceAccount",
    namespaced: true,
    body: () => `"automountServiceAccountToken":false`,
  },
  {
    resource: "services",
    apiVersion: "v1",
    kind: "Service",
    namespaced: true,
    body: () => `"spec":{"ports":[{"port":80,"protocol":"TCP"}],"type":"ClusterIP"}`,
  },
  {
    resource: "events",
    apiVersion: "v1",
    kind: "Event",
    namespaced: true,
    body: (random) => `"reason":"Drawn","message":${text(random)}`,
  },
  {
    resource: "deployments.apps",
    apiVersion: "apps/v1",
    kind: "Deployment",
    namespaced: true,
    body: (random) =>
      `"spec":{"replicas":${random.int(5)},"selector":{"matchLabels":{"app":"x"}},"template":{"metadata":{"labels":{"app":"x"}},"spec":{"containers":[{"name":"c","image":"i"}]}}},"status":{"replicas":1}`,
  },
  {
    resource: "roles.rbac.authorization.k8s.io",
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "Role",
    namespaced: true,
    body: () => `"rules":[{"apiGroups":["*"],"resources":["*"],"verbs":["get"]}]`,
  },
  {
    resource: "rolebindings.rbac.authorization.k8s.io",
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "RoleBinding",
    namespaced: true,
    body: (random, { namespaces }) =>
      `"subjects":[{"kind":"ServiceAccount","name":"s","namespace":"${random.pick(namespaces)}"}],"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"r"}`,
  },
  {
    resource: "widgets.demo.example",
    apiVersion: "demo.example/v1",
    kind: "Widget",
    namespaced: true,
    body: (random) =>
      `"spec":{"note":${text(random)},"size":${random.pick(oddNumbers)},"x":[${random.pick(oddNumbers)},${payload(random)}]}`,
  },
  {
    resource: "clusterroles.rbac.authorization.k8s.io",
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    namespaced: false,
    body: () => `"rules":[{"nonResourceURLs":["/healthz"],"verbs":["get"]}]`,
  },
  {
    resource: "storageclasses.storage.k8s.io",
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    namespaced: false,
    body: (random) => `"provisioner":"demo.example/disk","parameters":{"p":${payload(random)}}`,
  },
  {
    resource: "gauges.demo.example",
    apiVersion: "demo.example/v1",
    kind: "Gauge",
    namespaced: false,
    body: (random) => `"spec":{"level":${random.pick(oddNumbers)},"note":${text(random)}}`,
  },
];

type HookMode = "Fail" | "Continue" | "alone" | "none";
const hookModes: readonly HookMode[] = ["Fail", "Fail", "Continue", "Continue", "alone", "none"];

const claimVolume = (claimName: string): object => ({
  name: claimName,
  persistentVolumeClaim: { claimName },
});

/** Pods whose claims, which are gone, put some of them into one block. */
export const podKind: WorldKind = {
  resource: "pods",
  apiVersion: "v1",
  kind: "Pod",
  namespaced: true,
  body: (random) => {
    const volumes = random.some(["x", "y"], 0.5).map(claimVolume);
    const spec = { containers: [{ name: "c", image: "i" }], volumes };
    return `"spec":${JSON.stringify(spec)},"status":{"phase":"Running"}`;
  },
};

/** A pre hook and its post hook, or a post hook by itself, or none; read by `containers.ts`. */
function hookAnnotations(mode: HookMode): Readonly<Record<string, string>> {
  if (mode === "none") return {};
  const post = { "post.hook.backup.velero.io/command": JSON.stringify(["thaw", mode]) };
  if (mode === "alone") return post;
  return {
    "pre.hook.backup.velero.io/command": JSON.stringify(["freeze", mode]),
    "pre.hook.backup.velero.io/on-error": mode,
    ...post,
  };
}

const namesOfRbac = ["system:Admin:X", "Team-A:Reader", "view.ALL", "r"];
const plainNames = ["a", "b-1", "b.1", "c", "zz-9", "m", "n0", "o-o"];

interface Shape {
  readonly namespaces: number;
  /** Of each kind in each namespace, at most. */
  readonly objects: number;
  readonly kinds: readonly WorldKind[];
}

export function drawWorld(random: Random): World {
  const few = random.chance(0.5);
  const world = build(random, {
    namespaces: 1 + random.int(3),
    objects: few ? 3 : 6,
    kinds: worldKinds.filter((kind) => kind.resource === "configmaps" || random.chance(0.5)),
  });
  const pods = random.fork("pods");
  return pods.chance(0.5)
    ? withPods(world, pods.some(["p", "q", "db-0"], 0.7), hookModes, pods)
    : world;
}

/** Small enough to fail each call of it in turn. */
export function smallWorld(random: Random, namespaces: number): World {
  const kinds = ["configmaps", "widgets.demo.example"];
  const world = build(random, {
    namespaces,
    objects: 4,
    kinds: worldKinds.filter((kind) => kinds.includes(kind.resource)),
  });
  return withPods(world, ["p"], ["Fail"], random.fork("pods"));
}

function build(random: Random, shape: Shape): World {
  const namespaces = ["shop", "shop-2", "web", "data"].slice(0, shape.namespaces);
  const objects: WorldObject[] = [];
  for (const name of namespaces) objects.push(namespaceObject(name, random));
  for (const definition of definitions(shape.kinds)) objects.push(definition);
  for (const kind of shape.kinds) {
    for (const namespace of kind.namespaced ? namespaces : [""]) {
      const pool = namesFor(kind);
      const names = random.some(pool, shape.objects / pool.length);
      for (const name of names)
        objects.push(drawObject(kind, { namespace, name }, random, namespaces));
    }
  }
  return { namespaces, objects };
}

/** Pods with hooks. Drawn by themselves, as the rest of a world is to stay what it was. */
function withPods(
  world: World,
  names: readonly string[],
  modes: readonly HookMode[],
  random: Random,
): World {
  const { namespaces } = world;
  const pods = names.map((name) => {
    const place = { namespace: random.pick(namespaces), name };
    return drawObject(podKind, place, random, namespaces, hookAnnotations(random.pick(modes)));
  });
  return { namespaces, objects: [...world.objects, ...pods] };
}

/** Names of Services are labels: without a dot. */
function namesFor(kind: WorldKind): readonly string[] {
  if (kind.apiVersion.startsWith("rbac")) return namesOfRbac;
  return kind.resource === "services"
    ? plainNames.filter((name) => /^[a-z]/.test(name) && !name.includes("."))
    : plainNames;
}

export interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** An object of the kind, with labels, and sometimes on its way out or opted out. */
export function drawObject(
  kind: WorldKind,
  place: Place,
  random: Random,
  namespaces: readonly string[],
  annotations: Readonly<Record<string, string>> = {},
): WorldObject {
  const labels = {
    ...(random.chance(0.5) ? { app: random.pick(["web", "db"]) } : {}),
    ...(random.chance(0.05) ? { "velero.io/exclude-from-backup": "true" } : {}),
  };
  const isTerminating = random.chance(0.05);
  const metadata = {
    name: place.name,
    ...(place.namespace === "" ? {} : { namespace: place.namespace }),
    uid: `uid-${Math.floor(random.next() * 2 ** 40).toString(36)}`,
    creationTimestamp: "2025-12-01T00:00:00Z",
    ...(isTerminating
      ? { deletionTimestamp: "2025-12-02T00:00:00Z", finalizers: ["demo.example/hold"] }
      : {}),
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    ...(random.chance(0.3)
      ? { annotations: { note: random.pick(oddTexts), ...annotations } }
      : Object.keys(annotations).length > 0
        ? { annotations }
        : {}),
  };
  const body = kind.body(random, { namespaces });
  const head = `"apiVersion":"${kind.apiVersion}","kind":"${kind.kind}"`;
  const { resource, apiVersion } = kind;
  return {
    resource,
    apiVersion,
    ...place,
    text: `{${head},"metadata":${JSON.stringify(metadata)},${body}}`,
  };
}

function namespaceObject(name: string, random: Random): WorldObject {
  const labels = {
    "kubernetes.io/metadata.name": name,
    ...(random.chance(0.3) ? { app: "web" } : {}),
    ...(random.chance(0.05) ? { "velero.io/exclude-from-backup": "true" } : {}),
  };
  const value = {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, uid: `uid-ns-${name}`, creationTimestamp: "2025-12-01T00:00:00Z", labels },
    spec: { finalizers: ["kubernetes"] },
    status: { phase: "Active" },
  };
  return {
    resource: "namespaces",
    apiVersion: "v1",
    namespace: "",
    name,
    text: JSON.stringify(value),
  };
}

export const definitionResource = "customresourcedefinitions.apiextensions.k8s.io";

function definitions(kinds: readonly WorldKind[]): WorldObject[] {
  return kinds
    .filter((kind) => kind.apiVersion.startsWith("demo.example/"))
    .map((kind) => {
      const plural = kind.resource.split(".")[0]!;
      const schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
      const value = {
        apiVersion: "apiextensions.k8s.io/v1",
        kind: "CustomResourceDefinition",
        metadata: {
          name: kind.resource,
          uid: `uid-crd-${plural}`,
          creationTimestamp: "2025-12-01T00:00:00Z",
        },
        spec: {
          group: "demo.example",
          names: {
            plural,
            singular: kind.kind.toLowerCase(),
            kind: kind.kind,
            listKind: `${kind.kind}List`,
          },
          scope: kind.namespaced ? "Namespaced" : "Cluster",
          conversion: { strategy: "None" },
          versions: [
            { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: schema } },
          ],
        },
        status: { conditions: [{ type: "Established", status: "True" }], storedVersions: ["v1"] },
      };
      return {
        resource: definitionResource,
        apiVersion: "apiextensions.k8s.io/v1",
        namespace: "",
        name: kind.resource,
        text: JSON.stringify(value),
      };
    });
}
