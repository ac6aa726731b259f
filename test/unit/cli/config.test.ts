import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { emptyConfig } from "../../../src/cli/config/cli-config.ts";
import { changeConfig, readConfig } from "../../../src/cli/config/config-file.ts";
import { configDir, dataDir, shortPath } from "../../../src/cli/config/config-paths.ts";
import { hasCode } from "../../../src/lib/errors.ts";

const root = mkdtempSync(join(tmpdir(), "ark-config-"));
after(() => rmSync(root, { recursive: true, force: true }));
const location = { provider: "s3", bucket: "b", prefix: "", config: {} };

describe("the configuration file", () => {
  it("is empty where there is none", async () => {
    assert.deepEqual(await readConfig(join(root, "none")), emptyConfig);
  });

  it("is written whole, for the user alone", async () => {
    const dir = join(root, "made/ark-ts");
    await changeConfig(dir, (config) => ({ ...config, locations: { lab: location } }));
    await changeConfig(dir, (config) => ({ ...config, defaultLocation: "lab" }));
    assert.deepEqual(await readConfig(dir), {
      ...emptyConfig,
      locations: { lab: location },
      defaultLocation: "lab",
    });
    assert.equal(statSync(dir).mode & 0o777, 0o700);
    assert.equal(statSync(join(dir, "config.json")).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(dir), ["config.json"]);
    assert.ok(readFileSync(join(dir, "config.json"), "utf8").endsWith("}\n"));
  });

  const broken: readonly (readonly [string, RegExp])[] = [
    ["{", /not JSON/],
    ["[]", /not a JSON object/],
    ['{"location":{}}', /unknown key "location"/],
    ['{"locations":[]}', /locations is not an object/],
    ['{"locations":{"a":{"provider":"s3"}}}', /locations\.a is not a location/],
    [
      '{"locations":{"a":{"provider":"s3","bucket":"b","prefix":"","config":{"x":1}}}}',
      /locations\.a/,
    ],
    ['{"modes":{"c":"both"}}', /modes\["c"\] is no mode/],
    ['{"said":"x"}', /said is no list/],
    ['{"defaultLocation":1}', /defaultLocation is not text/],
  ];
  for (const [text, problem] of broken) {
    it(`is refused when it is ${text}`, async () => {
      const dir = mkdtempSync(join(root, "broken-"));
      writeFileSync(join(dir, "config.json"), text);
      await assert.rejects(readConfig(dir), (error) => {
        assert.ok(hasCode(error, "ARK_CONFIG_INVALID"));
        assert.match(error.message, problem);
        assert.ok(error.message.includes(dir));
        return true;
      });
      await assert.rejects(changeConfig(dir, (config) => config));
      assert.equal(readFileSync(join(dir, "config.json"), "utf8"), text);
    });
  }

  it("names the folder that cannot be written", async () => {
    const file = join(root, "a-file");
    writeFileSync(file, "");
    await assert.rejects(
      changeConfig(join(file, "below"), (config) => config),
      (error) => {
        assert.ok(hasCode(error, "ARK_CONFIG_INVALID"));
        assert.match(error.message, /cannot be written/);
        return true;
      },
    );
  });
});

describe("configDir(), dataDir() and shortPath()", () => {
  const at = (env: Record<string, string>) => ({ env, home: "/home/u", cwd: "/here" });

  it("follow XDG, absolute paths only", () => {
    assert.equal(configDir(at({}), undefined), "/home/u/.config/ark-ts");
    assert.equal(dataDir(at({})), "/home/u/.local/share/ark-ts");
    assert.equal(configDir(at({ XDG_CONFIG_HOME: "/c" }), undefined), "/c/ark-ts");
    assert.equal(dataDir(at({ XDG_DATA_HOME: "/d" })), "/d/ark-ts");
    assert.equal(configDir(at({ XDG_CONFIG_HOME: "rel" }), undefined), "/home/u/.config/ark-ts");
  });

  it("take --config-dir from the working directory", () => {
    assert.equal(configDir(at({}), "mine"), "/here/mine");
  });

  it("write the home folder as ~", () => {
    assert.equal(shortPath({ home: "/home/u" }, "/home/u/x/y"), "~/x/y");
    assert.equal(shortPath({ home: "/home/u" }, "/home/user/x"), "/home/user/x");
    assert.equal(shortPath({ home: "/home/u/" }, "/home/u"), "~");
  });
});
