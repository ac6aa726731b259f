import { configMapKind } from "../api/config-map-kind.ts";
import {
  type CustomResource,
  definitionName,
  type ResourceOf,
  resourceKindOf,
} from "../api/custom-resource.ts";
import { definitionKind } from "../api/definition-kind.ts";
import type { ObjectMeta } from "../api/object-meta.ts";
import { readResource } from "../api/read-resource.ts";
import { copyName } from "../domain/copies/resource-copy.ts";
import { ArkError, hasCode } from "../lib/errors.ts";
import type { ControllerContext } from "./controller-context.ts";

type Reading = Pick<ControllerContext, "cluster" | "namespace">;

/** As the API server has it now: for decisions that a cache which lags behind would spoil. */
export async function readKind<Kind extends CustomResource>(
  kind: Kind,
  name: string,
  { cluster, namespace }: Reading,
  signal: AbortSignal,
): Promise<ResourceOf<Kind> | undefined> {
  const raw = await cluster.get({ kind: resourceKindOf(kind), namespace, name }, { signal });
  return raw === undefined ? undefined : readResource(kind, raw.bytes);
}

/** The same for one that is known; undefined also when another has its name now. */
export async function readAnew<Kind extends CustomResource>(
  kind: Kind,
  { metadata: { name, uid } }: { readonly metadata: ObjectMeta },
  context: Reading,
  signal: AbortSignal,
): Promise<ResourceOf<Kind> | undefined> {
  const found = await readKind(kind, name, context, signal);
  return (found as { readonly metadata?: ObjectMeta } | undefined)?.metadata?.uid === uid
    ? found
    : undefined;
}

/**
 * What a run depends on, as the API server has it now. Undefined: it is not there, and nothing is about to bring it
 * back. Errors: ARK_KIND_NOT_SERVED, to be tried again, while its kind is away or what went with the
 * kind has not been made again.
 */
export async function readLasting<Kind extends CustomResource>(
  kind: Kind,
  name: string,
  context: Reading,
  signal: AbortSignal,
): Promise<ResourceOf<Kind> | undefined> {
  const { cluster, namespace } = context;
  try {
    const found = await readKind(kind, name, context, signal);
    if (found !== undefined) return found;
  } catch (thrown) {
    if (!hasCode(thrown, "ARK_API_NOT_FOUND")) throw thrown;
    throw kindIsAway(kind, name);
  }
  if (await isKindRemoved(kind, context, signal)) throw kindIsAway(kind, name);
  // The copy of what a user deletes is dropped: one that stands is to be made again from it.
  const copy = { kind: configMapKind, namespace, name: copyName(kind.plural, name) };
  if ((await cluster.get(copy, { signal })) !== undefined) throw kindIsAway(kind, name);
  return undefined;
}

/** Whether the definition of the kind is gone, or on its way out with all its objects. */
export async function isKindRemoved(
  kind: CustomResource,
  { cluster }: Pick<ControllerContext, "cluster">,
  signal: AbortSignal,
): Promise<boolean> {
  const ref = { kind: definitionKind, namespace: "", name: definitionName(kind) };
  const definition = await cluster.get(ref, { signal });
  return definition === undefined || definition.terminating;
}

function kindIsAway({ kind, plural, group }: CustomResource, name: string): ArkError {
  return new ArkError(
    "ARK_KIND_NOT_SERVED",
    `${kind} ${JSON.stringify(name)} cannot be read: its kind ${plural}.${group} was removed, or its objects have not been made again yet`,
    {
      advice: "bring the kinds back with ark-ts install --crds-only; the server goes on by itself",
      disposition: "retry",
    },
  );
}
