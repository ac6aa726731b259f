import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { hasCode } from "../../src/lib/errors.ts";
import { createRelatedWorld } from "./related-world.ts";

/** Members of three: the first page ends with one that is not full. */
const limits = { memberBytes: 3000, partBytes: 400 };
/** More than the first page takes. */
const configMaps = 600;

describe("a backup that stops after a kind could not be listed to its end", () => {
  it("goes on behind what it took of that kind, and takes nothing twice", async () => {
    const world = createRelatedWorld();
    for (let index = 0; index < configMaps; index++) {
      world.add("v1", "ConfigMap", `shop/w-${String(index).padStart(4, "0")}`);
    }
    // They are listed last, so that what was taken before is sent with theirs.
    const status = { phase: "Active" };
    for (let index = 0; index < configMaps; index++) {
      world.add("v1", "Namespace", `n-${index}`, { status });
    }
    world.add("v1", "Namespace", "shop", { status });
    let surveys = 0;
    world.server.faults = ({ path, query }) => {
      if (!query.has("continue")) return undefined;
      if (path.endsWith("/configmaps")) return { status: 500 };
      return path.endsWith("/namespaces") && surveys++ > 0 ? { status: 401 } : undefined;
    };
    await assert.rejects(world.take({}, limits), (error) => hasCode(error, "ARK_API_UNAUTHORIZED"));
    world.server.faults = () => undefined;
    const report = await world.take({}, limits);
    const taken = (report.continued?.objects ?? 0) > 400;
    assert.ok(taken, "what the first page had was taken again");
    // Fails where a name stands twice.
    const names = await world.names();
    assert.equal(names.filter((name) => name.startsWith("configmaps ")).length, configMaps);
    assert.equal(report.objects, names.length);
  });
});
