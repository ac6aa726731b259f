import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { storeBackup } from "../../support/stored-backup.ts";
import { freshHome } from "./fresh-home.ts";

describe("ark-ts diff of what neither side has", () => {
  const { store, run } = freshHome();
  before(async () => {
    await storeBackup(store, { name: "b1" });
    await storeBackup(store, { name: "b2" });
  });

  for (const [typed, near] of [
    ["configmaps/shop/them", /did you mean configmaps\/shop\/theme\?/],
    ["configmaps/theme", /did you mean configmaps\/shop\/theme\?/],
  ] as const) {
    it(`refuses ${typed}, and names what is near`, async () => {
      const { status, out, err } = await run("diff", "b1", "b2", typed);
      assert.equal(status, 1);
      assert.equal(out, "");
      assert.match(err, /backup "b1" holds no object .*, and b2 has none that it would have taken/);
      assert.match(err, near);
    });
  }

  it("refuses with --exit-code too, by the status of what could not be told", async () => {
    const { status } = await run("diff", "b1", "b2", "configmaps/shop/them", "--exit-code");
    assert.equal(status, 3);
  });

  it("notes that nothing was compared where labels select nothing", async () => {
    const { status, out } = await run("diff", "b1", "b2", "-l", "app=zzz");
    assert.equal(status, 0);
    assert.match(
      out,
      /note: nothing was compared: neither b1 nor b2 has an object that is selected/,
    );
  });

  it("still compares an object that both have", async () => {
    const { status, out } = await run("diff", "b1", "b2", "configmaps/shop/theme", "--exit-code");
    assert.equal(status, 0);
    assert.match(out, /^from b1 to b2: 0 added, 0 removed, 0 changed, 1 equal\n$/);
  });
});
