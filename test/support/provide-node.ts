/** The node of a whole `npm test`: started once, if a chosen file asks for one. */
import { readFileSync } from "node:fs";
import { ensureBinary } from "../testbed/binaries.ts";
import { csiBinaries } from "../testbed/node/csi.ts";
import { nodeBinaries, startNode } from "../testbed/node/node.ts";
import { openNode } from "../testbed/node/node-access.ts";
import { whyNoNode } from "../testbed/node/why-no-node.ts";
import { formatElapsed } from "../testbed/progress.ts";
import { findKeptNode, sharedNodeVariable, toSharedNode } from "./shared-node.ts";

export interface ProvidedNode {
  /** For the tests. */
  readonly env: Readonly<Record<string, string>>;
  /** One line for the eye of whoever runs the tests. */
  readonly sentence: string;
  /** Why tests are skipped, or undefined. */
  readonly skipped?: string;
  stop(): Promise<void>;
}

/** Those of `files` that use the shared node. */
export function filesWithNode(files: readonly string[]): string[] {
  return files.filter((file) => readFileSync(file, "utf8").includes("support/shared-node.ts"));
}

/** Throws where `mustHave` and there can be no node. Waits while another process has it. */
export async function provideNode(
  count: number,
  { mustHave, signal }: { readonly mustHave: boolean; readonly signal: AbortSignal },
): Promise<ProvidedNode> {
  const kept = findKeptNode();
  if (kept !== undefined) {
    const { controlPlane } = openNode(kept);
    return {
      env: { [sharedNodeVariable]: toSharedNode({ folder: kept }) },
      sentence: `node: the one that \`up\` left running, ${controlPlane.server}`,
      stop: async () => {},
    };
  }
  const reason = await whyNoNode();
  if (reason !== undefined) {
    if (mustHave) throw new Error(`CI=true, and ${reason}`);
    const sentence = `SKIPPED: the tests on a real node in ${count} files: ${reason}`;
    const env = { [sharedNodeVariable]: toSharedNode({ reason }) };
    return { env, sentence, skipped: sentence, stop: async () => {} };
  }
  for (const name of [...nodeBinaries, ...csiBinaries]) await ensureBinary(name, signal);
  const start = performance.now();
  const node = await startNode({ csi: true, signal });
  const { server } = node.controlPlane;
  return {
    env: { [sharedNodeVariable]: toSharedNode(node) },
    sentence: `node: ${server} up in ${formatElapsed(performance.now() - start)}`,
    stop: () => node.stop(),
  };
}
