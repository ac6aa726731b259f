import { arrayAt, objectAt, textAt } from "../lib/json-edit.ts";
import { isJsonObject, type JsonObject } from "../lib/json-text.ts";
import { containerName, type PluginImage, parseImage } from "./plugin-image.ts";

export const pullPolicies = ["Always", "IfNotPresent", "Never"] as const;
export type PullPolicy = (typeof pullPolicies)[number];

/** Volume in which init containers leave their executables. Contract: Velero's name. */
const volumeName = "plugins";

/** Where images of plugins expect it. Contract: Velero's init containers. */
const target = "/target";

/** An init container of the server that brings plugins. */
export interface InstalledPlugin {
  readonly name: string;
  readonly image: string;
}

/** What is to become of the server's Deployment. */
export interface PluginPlan {
  readonly action: "add" | "change" | "remove" | "leave";
  readonly plugin: InstalledPlugin;
  /** With `change`: what it was. */
  readonly before?: { readonly image: string; readonly pullPolicy: string };
  /** Lists of the pod's template, whole, to be merged into `spec.template.spec`. */
  readonly podSpec: JsonObject;
}

const podOf = (deployment: JsonObject): JsonObject =>
  objectAt(deployment, ["spec", "template", "spec"]);

const objectsAt = (object: JsonObject, field: string): readonly JsonObject[] =>
  arrayAt(object, [field]).filter(isJsonObject);

/** Those that mount the plugins' volume; other init containers are somebody's own. */
export function installedPlugins(deployment: JsonObject): readonly InstalledPlugin[] {
  return objectsAt(podOf(deployment), "initContainers").filter(isPlugin).map(pluginOf);
}

const isPlugin = (container: JsonObject): boolean =>
  objectsAt(container, "volumeMounts").some((mount) => textAt(mount, ["name"]) === volumeName);

const pluginOf = (container: JsonObject): InstalledPlugin => ({
  name: textAt(container, ["name"]),
  image: textAt(container, ["image"]),
});

/**
 * The image as an init container of the server, and the folder that both share. Another tag or
 * digest of a repository takes the place of the one that is there: two of them would bring the same
 * plugins. `containerOfServer` names the container of the server.
 */
export function planAddition(
  deployment: JsonObject,
  asked: { readonly image: PluginImage; readonly pullPolicy: PullPolicy },
  containerOfServer: string,
): PluginPlan {
  const { image, pullPolicy } = asked;
  const pod = podOf(deployment);
  const present = objectsAt(pod, "initContainers");
  const own = present.find((one) => isPlugin(one) && isOfRepository(one, image));
  const shared = sharedFolder(pod, containerOfServer);
  if (own === undefined) {
    const names = [...present, ...objectsAt(pod, "containers")].map(({ name }) => String(name));
    const name = containerName(image, new Set(names));
    const made = pluginContainer(name, image.reference, pullPolicy);
    const podSpec = { ...shared, initContainers: [...present, made] };
    return { action: "add", plugin: { name, image: image.reference }, podSpec };
  }
  const before = { image: textAt(own, ["image"]), pullPolicy: textAt(own, ["imagePullPolicy"]) };
  const plugin = { name: textAt(own, ["name"]), image: image.reference };
  const isSame = before.image === image.reference && before.pullPolicy === pullPolicy;
  if (isSame && Object.keys(shared).length === 0) return { action: "leave", plugin, podSpec: {} };
  const changed = { ...own, image: image.reference, imagePullPolicy: pullPolicy };
  const initContainers = present.map((one) => (one === own ? changed : one));
  return { action: "change", plugin, before, podSpec: { ...shared, initContainers } };
}

const isOfRepository = (container: JsonObject, { repository }: PluginImage): boolean =>
  parseImage(textAt(container, ["image"]))?.repository === repository;

/** Undefined where no init container of plugins has that name or image. */
export function planRemoval(deployment: JsonObject, nameOrImage: string): PluginPlan | undefined {
  const present = objectsAt(podOf(deployment), "initContainers");
  const own = present.find((one) => {
    const { name, image } = pluginOf(one);
    return isPlugin(one) && (name === nameOrImage || image === nameOrImage);
  });
  if (own === undefined) return undefined;
  const initContainers = present.filter((one) => one !== own);
  return { action: "remove", plugin: pluginOf(own), podSpec: { initContainers } };
}

/** What of the folder is not there yet; a rolled pod finds it empty. */
function sharedFolder(pod: JsonObject, containerOfServer: string): JsonObject {
  const volumes = objectsAt(pod, "volumes");
  const containers = objectsAt(pod, "containers");
  const server = containers.find(({ name }) => name === containerOfServer) ?? {};
  const lacks = (list: readonly JsonObject[]) => !list.some(({ name }) => name === volumeName);
  const mounts = objectsAt(server, "volumeMounts");
  const mounted = { name: volumeName, mountPath: pluginFolderOf(server) };
  const withMount = { ...server, volumeMounts: [...mounts, mounted] };
  return {
    ...(lacks(volumes) && { volumes: [...volumes, { name: volumeName, emptyDir: {} }] }),
    ...(lacks(mounts) && {
      containers: containers.map((one) => (one === server ? withMount : one)),
    }),
  };
}

/** What the server was told by `--plugin-dir`, else its default. */
function pluginFolderOf(server: JsonObject): string {
  const args = arrayAt(server, ["args"]).map(String);
  const flag = "--plugin-dir";
  const at = args.findLastIndex((arg) => arg === flag || arg.startsWith(`${flag}=`));
  const typed = args[at];
  if (typed === undefined) return "/plugins";
  return (typed === flag ? args[at + 1] : typed.slice(flag.length + 1)) || "/plugins";
}

/**
 * As Velero's; with no more rights than the server itself, which a strict namespace demands. The end
 * of its log is kept in the pod's status, where `ark-ts plugin get` finds why it has failed.
 */
const pluginContainer = (name: string, image: string, imagePullPolicy: PullPolicy): JsonObject => ({
  name,
  image,
  imagePullPolicy,
  terminationMessagePolicy: "FallbackToLogsOnError",
  securityContext: {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  },
  volumeMounts: [{ name: volumeName, mountPath: target }],
});
