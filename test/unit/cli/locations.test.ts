import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { emptyConfig, type StoredLocation } from "../../../src/cli/config/cli-config.ts";
import type { FlagValue } from "../../../src/cli/flag-spec.ts";
import { createFlagValues } from "../../../src/cli/flag-values.ts";
import { changeLocation } from "../../../src/cli/location-of-flags.ts";
import { chosenLocation, defaultLocation, specOfUrl } from "../../../src/cli/locations.ts";
import { hasCode } from "../../../src/lib/errors.ts";

const surroundings = { env: {}, home: "/home/u", cwd: "/here" };
const prod: StoredLocation = { provider: "aws", bucket: "b", prefix: "p", config: { region: "r" } };
const config = { ...emptyConfig, locations: { prod } };

describe("chosenLocation()", () => {
  it("is the user's data directory where nothing is configured", () => {
    const found = defaultLocation(emptyConfig, surroundings);
    assert.deepEqual(
      [found.name, found.display, found.builtIn, found.spec.provider],
      ["default", "~/.local/share/ark-ts", true, "directory"],
    );
  });

  it("is the configured default", async () => {
    const found = await chosenLocation(
      undefined,
      { ...config, defaultLocation: "prod" },
      surroundings,
    );
    assert.deepEqual([found.name, found.display, found.builtIn], ["prod", "s3://b/p", false]);
  });

  it("takes names, URLs and paths", async () => {
    const display = async (text: string) =>
      (await chosenLocation(text, config, surroundings)).display;
    assert.equal(await display("prod"), "s3://b/p");
    assert.equal(await display("s3://other/x/"), "s3://other/x");
    assert.equal(await display("file:///srv/backups"), "/srv/backups");
    assert.equal(await display("/srv/backups"), "/srv/backups");
    assert.equal(await display("./backups"), "/here/backups");
    assert.equal(await display("~/backups"), "~/backups");
  });

  it("refuses half a URL with the right spelling", async () => {
    for (const [text, right] of [
      ["file:rel", "file:///here/rel"],
      ["file:/srv/b", "file:///srv/b"],
      ["FILE:../b", "file:///b"],
      ["s3:bucket/p", "s3://bucket/p"],
    ] as const) {
      for (const read of [
        chosenLocation(text, config, surroundings),
        specOfUrl(text, surroundings),
      ]) {
        await assert.rejects(read, (error) => {
          assert.ok(hasCode(error, "ARK_USAGE"));
          assert.equal(error.advice, `write ${right}`);
          return true;
        });
      }
    }
  });

  it("names what is known, and the nearest, for a name that is not", async () => {
    await assert.rejects(chosenLocation("prd", config, surroundings), (error) => {
      assert.ok(hasCode(error, "ARK_LOCATION_UNKNOWN"));
      assert.match(error.advice ?? "", /did you mean prod\?/);
      return true;
    });
    await assert.rejects(chosenLocation("elsewhere", config, surroundings), (error) => {
      assert.ok(hasCode(error, "ARK_LOCATION_UNKNOWN"));
      assert.match(error.advice ?? "", /known: prod, default/);
      return true;
    });
  });
});

function change(
  flags: Readonly<Record<string, FlagValue>>,
  others: { earlier?: StoredLocation; fromUrl?: StoredLocation; caFile?: string } = {},
): StoredLocation {
  return changeLocation(createFlagValues(new Map(Object.entries(flags))), {
    name: "lab",
    cwd: "/here",
    caFile: others.caFile,
    earlier: others.earlier,
    fromUrl: others.fromUrl,
  });
}
const usage = (pattern: RegExp) => (error: unknown) =>
  hasCode(error, "ARK_USAGE") && pattern.test(error.message);

describe("changeLocation()", () => {
  it("makes a location from provider, bucket and prefix, as Velero has them", () => {
    assert.deepEqual(
      change(
        { provider: "aws", bucket: "b", prefix: "/p/", config: { region: "r" }, profile: "ci" },
        { caFile: "/ca.pem" },
      ),
      {
        provider: "aws",
        bucket: "b",
        prefix: "p",
        config: { region: "r", profile: "ci", caCert: "/ca.pem" },
      },
    );
  });

  it("changes only what is given, so that a certificate is not lost", () => {
    const earlier = { ...prod, config: { region: "r", caCert: "/ca.pem" } };
    assert.deepEqual(change({ config: { region: "s" } }, { earlier }), {
      ...prod,
      config: { region: "s", caCert: "/ca.pem" },
    });
  });

  it("forgets settings that are named, and refuses those that are not set", () => {
    const unset = { "unset-config": ["region"] };
    assert.deepEqual(change(unset, { earlier: prod }).config, {});
    assert.throws(
      () => change({ "unset-config": ["x"] }, { earlier: prod }),
      usage(/x is not set/),
    );
  });

  it("drops the settings of another provider", () => {
    const folder = change({ provider: "directory", bucket: "backups" }, { earlier: prod });
    assert.deepEqual(folder, {
      provider: "directory",
      bucket: "/here/backups",
      prefix: "p",
      config: {},
    });
  });

  it("refuses a place said twice, and none", () => {
    assert.throws(
      () => change({ bucket: "c" }, { fromUrl: prod }),
      usage(/--bucket has no effect/),
    );
    assert.throws(() => change({ bucket: "c" }), usage(/needs a place/));
  });
});
