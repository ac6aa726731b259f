/**
 * The real node for tests. Under `npm test` every file uses the same one; a file that is run alone
 * uses the one that `npm run testbed -- up --node` left, or starts its own. Work in a namespace of
 * your own: others use the node at the same time.
 *
 * `npm test` starts a node when a chosen file names this module.
 */
import { readState } from "../testbed/instance-folder.ts";
import { csi, csiDataFolder } from "../testbed/node/csi.ts";
import { nodeImages } from "../testbed/node/images.ts";
import { findNodeFolder } from "../testbed/node/machine-lock.ts";
import { startNode } from "../testbed/node/node.ts";
import { type NodeAccess, openNode } from "../testbed/node/node-access.ts";
import { whyNoNode } from "../testbed/node/why-no-node.ts";

export type { NodeAccess };
export { csi, csiDataFolder, nodeImages };

/** Under `npm test`: the folder of the node, or `no: ` and why there is none. */
export const sharedNodeVariable = "ARK_TEST_NODE";

const absent = "no: ";

/** The variable's value for tests, of what `npm test` found. */
export function toSharedNode(found: { folder: string } | { reason: string }): string {
  return "folder" in found ? found.folder : `${absent}${found.reason}`;
}

/** The folder of the node that `up` left running; undefined if there is none. */
export function findKeptNode(): string | undefined {
  const folder = findNodeFolder();
  return folder !== undefined && readState(folder)?.kept === true ? folder : undefined;
}

async function findOrStart(): Promise<NodeAccess> {
  const shared = process.env[sharedNodeVariable] || findKeptNode();
  if (shared !== undefined) return openNode(shared);
  const node = await startNode({ csi: true });
  process.once("beforeExit", () => node.stop());
  return node;
}

let node: Promise<NodeAccess> | undefined;

/** The node for tests; started, or found, once for each process. Waits while others have it. */
export function sharedNode(): Promise<NodeAccess> {
  node ??= findOrStart();
  return node;
}

/** For `{ skip: await whyNoSharedNode() }`: why there is no node here, or false. */
export async function whyNoSharedNode(): Promise<string | false> {
  const shared = process.env[sharedNodeVariable];
  if (shared?.startsWith(absent)) return shared.slice(absent.length);
  if (shared !== undefined && shared !== "") return false;
  if (findKeptNode() !== undefined) return false;
  return (await whyNoNode()) ?? false;
}
