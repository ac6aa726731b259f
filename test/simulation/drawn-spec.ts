/** What is to be backed up, and how it is to be restored, drawn from a seed. */
import type { BackupSpec } from "../../src/api/backup.ts";
import type { RestoreSpec } from "../../src/api/restore.ts";
import type { Random } from "./random.ts";
import { definitionResource, type World } from "./world.ts";

/** Filters as people write them; every term names something of the world. */
export function drawBackupSpec(random: Random, world: World): BackupSpec {
  const kinds = [...new Set(world.objects.map((object) => object.resource))].filter(
    (resource) => resource !== "events",
  );
  return {
    ...drawNamespaces(random, world),
    ...drawKinds(random, kinds),
    ...drawSelectors(random),
    ...drawHooks(random.fork("hooks"), world),
  };
}

function drawNamespaces(random: Random, { namespaces }: World): Partial<BackupSpec> {
  const name = random.pick(namespaces);
  return random.pick([
    {},
    {},
    {},
    { includedNamespaces: [name] },
    { includedNamespaces: ["sh*"] },
    { excludedNamespaces: [name] },
    { includedNamespaces: ["*"], excludedNamespaces: [name] },
  ]);
}

function drawKinds(random: Random, kinds: readonly string[]): Partial<BackupSpec> {
  const some = random.some(kinds, 0.5);
  const chosen = some.length === 0 ? ["configmaps"] : some;
  return random.pick<Partial<BackupSpec>>([
    {},
    {},
    { includedResources: chosen },
    { includedResources: [...chosen, "namespaces", definitionResource] },
    { includedResources: kinds },
    { excludedResources: [random.pick(kinds)] },
    { includeClusterResources: random.chance(0.5) },
  ]);
}

function drawSelectors(random: Random): Partial<BackupSpec> {
  const web = { matchLabels: { app: "web" } };
  return random.pick<Partial<BackupSpec>>([
    {},
    {},
    {},
    { labelSelector: web },
    { orLabelSelectors: [web, { matchExpressions: [{ key: "app", operator: "Exists" }] }] },
  ]);
}

/** For pods whose annotations have none. */
function drawHooks(random: Random, { objects }: World): Partial<BackupSpec> {
  if (!objects.some(({ resource }) => resource === "pods") || random.chance(0.3)) return {};
  const onError = random.pick(["Fail", "Continue"] as const);
  const hook = (word: string) => ({ exec: { command: [word, onError], onError } });
  return { hooks: { resources: [{ name: "all", pre: [hook("freeze")], post: [hook("thaw")] }] } };
}

/** `namespaces` are those that the backup holds something of. */
export function drawRestoreSpec(random: Random, namespaces: readonly string[]): RestoreSpec {
  if (namespaces.length === 0) return {};
  const name = random.pick(namespaces);
  return {
    ...(random.chance(0.5) ? { namespaceMapping: { [name]: `${name}-copy` } } : {}),
    ...(random.chance(0.2) ? { includedNamespaces: [name] } : {}),
  };
}
