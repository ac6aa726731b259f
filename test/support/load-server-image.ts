import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildImage } from "../../deploy/image/build-image.ts";
import { writeArchive } from "../../deploy/image/layout-archive.ts";
import type { NodeAccess } from "../testbed/node/node-access.ts";

/** Builds the server's image of what stands here, and gives it to the node under `name`. */
export async function loadServerImage(node: NodeAccess, name: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "ark-image-"));
  try {
    const layout = join(folder, "image");
    await buildImage({ folder: layout, name, version: "0.1.0" });
    await writeArchive(layout, `${layout}.tar`);
    await node.loadImages(`${layout}.tar`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
