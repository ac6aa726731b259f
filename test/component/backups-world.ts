/** A world with three namespaces and a location, and what tests of Backups do in it. */
import { backupKind } from "../../src/api/backup.ts";
import {
  type ControllerWorld,
  type ControllerWorldOptions,
  createControllerWorld,
} from "../support/controller-world.ts";

export const signal = new AbortController().signal;

export async function createWorld(options: ControllerWorldOptions = {}): Promise<ControllerWorld> {
  const world = await createControllerWorld(options);
  for (const namespace of ["shop", "web", "blog"]) {
    world.server.seed({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
    for (let at = 0; at < 6; at += 1) {
      const metadata = { name: `c${at}`, namespace };
      world.server.seed({ apiVersion: "v1", kind: "ConfigMap", metadata, data: { at: `${at}` } });
    }
  }
  await world.location("default");
  return world;
}

export const phaseOf = async (world: ControllerWorld, name: string) =>
  (await world.get(backupKind, name))?.status?.phase;

export const hasPhase = (world: ControllerWorld, name: string, ...phases: readonly string[]) =>
  world.until(`${name} is ${phases}`, async () => {
    const phase = await phaseOf(world, name);
    return phases.includes(phase ?? "") ? phase : undefined;
  });

export const from = (...includedNamespaces: string[]) => ({ spec: { includedNamespaces } });

/** Archives of this bucket stand still from now on, until they are let go. */
export function holdArchives(world: ControllerWorld, name = ""): () => void {
  const held: (() => void)[] = [];
  const { faults } = world.store("default");
  faults.add(({ operation, key }) => {
    const isArchive = key.endsWith(".tar.gz") && key.includes(name);
    if (!isArchive || (operation !== "startUpload" && operation !== "put")) return undefined;
    return { kind: "hold", until: new Promise<void>((resolve) => held.push(resolve)) };
  });
  return () => {
    faults.clear();
    for (const go of held.splice(0)) go();
  };
}

export const cancel = { metadata: { annotations: { "ark-ts.dev/cancel": "now" } } };
