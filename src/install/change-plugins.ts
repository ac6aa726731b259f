import { ArkError, hasCode } from "../lib/errors.ts";
import { textAt } from "../lib/json-edit.ts";
import { decodeJson, type JsonObject, jsonBytes } from "../lib/json-text.ts";
import type { Cluster } from "../ports/cluster.ts";
import { serverContainerName } from "./manifests/deployment.ts";
import { selectorLabels, serverName } from "./manifests/manifest.ts";
import { manifestKind } from "./manifests/manifest-kinds.ts";
import {
  installedPlugins,
  type PluginPlan,
  type PullPolicy,
  planAddition,
  planRemoval,
} from "./plan-plugins.ts";
import type { PluginImage } from "./plugin-image.ts";

/** Owner of what it writes: `ark-ts install` leaves that as it is. */
const manager = "ark-ts-plugin";

/** Others write the Deployment too, such as its controller its status. */
const attempts = 10;

export interface PluginChange {
  readonly plan: PluginPlan;
  /** As the API server has it now, or would have it. */
  readonly deployment: JsonObject;
}

interface Target {
  readonly cluster: Pick<Cluster, "get" | "patch">;
  readonly namespace: string;
  /** Ask the API server, and change nothing. */
  readonly dryRun: boolean;
}

/**
 * Adds the image to the server's Deployment, which then starts new pods; once more is the same.
 * Errors: ARK_API_NOT_FOUND, ARK_INSTALL_CONFLICT where no ark-ts server is there; those of a write.
 */
export async function addPlugin(
  asked: { readonly image: PluginImage; readonly pullPolicy: PullPolicy },
  target: Target,
  signal: AbortSignal,
): Promise<PluginChange> {
  return await change(target, signal, (live) => planAddition(live, asked, serverContainerName));
}

/** Takes an init container of plugins out again. Errors: as of {@link addPlugin}. */
export async function removePlugin(
  nameOrImage: string,
  target: Target,
  signal: AbortSignal,
): Promise<PluginChange> {
  return await change(target, signal, (live) => {
    const plan = planRemoval(live, nameOrImage);
    if (plan === undefined) throw notThere(nameOrImage, target.namespace, live);
    return plan;
  });
}

function notThere(nameOrImage: string, namespace: string, live: JsonObject): ArkError {
  const present = installedPlugins(live).map(({ name, image }) => `${name} (${image})`);
  const what = present.length === 0 ? "it brings none" : `it brings ${present.join(", ")}`;
  return new ArkError(
    "ARK_API_NOT_FOUND",
    `no init container ${nameOrImage} brings plugins to the server in namespace ${namespace}: ${what}`,
    { advice: "give the name of an init container, or its image with tag" },
  );
}

async function change(
  { cluster, namespace, dryRun }: Target,
  signal: AbortSignal,
  decide: (live: JsonObject) => PluginPlan,
): Promise<PluginChange> {
  const ref = { kind: manifestKind("Deployment"), namespace, name: serverName };
  for (let attempt = 1; ; attempt += 1) {
    const raw = await cluster.get(ref, { signal });
    if (raw === undefined) throw noServer(namespace);
    const live = decodeJson(raw.bytes.toString("utf8")) as JsonObject;
    refuseForeign(live, namespace);
    const plan = decide(live);
    if (plan.action === "leave") return { plan, deployment: live };
    // Lists go as a whole: what another has written meanwhile would be lost.
    const resourceVersion = textAt(live, ["metadata", "resourceVersion"]);
    const patch = {
      metadata: { resourceVersion },
      spec: { template: { spec: plan.podSpec } },
    };
    try {
      const options = { signal, fieldManager: manager, dryRun };
      const changed = await cluster.patch(ref, "merge", jsonBytes(patch), options);
      return { plan, deployment: decodeJson(changed.bytes.toString("utf8")) as JsonObject };
    } catch (thrown) {
      if (!hasCode(thrown, "ARK_API_CONFLICT") || attempt === attempts) throw thrown;
    }
  }
}

function noServer(namespace: string): ArkError {
  return new ArkError("ARK_API_NOT_FOUND", `there is no ark-ts server in namespace ${namespace}`, {
    tried: `to read deployment ${serverName}; nothing was changed`,
    advice:
      "ark-ts install sets one up, -n names its namespace; a plugin for runs without a server is an executable in a folder: ark-ts plugin add PATH",
  });
}

function refuseForeign(live: JsonObject, namespace: string): void {
  const label = "app.kubernetes.io/name";
  if (textAt(live, ["metadata", "labels", label]) === selectorLabels[label]) return;
  throw new ArkError(
    "ARK_INSTALL_CONFLICT",
    `deployment ${serverName} in namespace ${namespace} is no ark-ts server`,
    {
      tried: `to look at its labels for ${label}=${selectorLabels[label]}; nothing was changed`,
      advice: "name the namespace of the ark-ts server with -n",
    },
  );
}
