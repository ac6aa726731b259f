import assert from "node:assert/strict";
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createDirectoryStore } from "../../plugins/object-store-directory/store.ts";
import { createSystemClock } from "../../src/adapters/clock/system-clock.ts";
import { nameRecordKey, restoreKeys, restoreRecordKey } from "../../src/format/keys.ts";
import { type Ark, createArk } from "../support/ark.ts";
import { runCommand } from "../support/run-command.ts";
import { storeBackup } from "../support/stored-backup.ts";

const signal = new AbortController().signal;

describe("completion of names in bash", () => {
  let ark: Ark;
  before(async () => {
    ark = createArk("/nonexistent/kubeconfig");
    mkdirSync(join(ark.home, "bin"));
    symlinkSync(join(import.meta.dirname, "../../cmd/ark-ts"), join(ark.home, "bin/ark-ts"));
    const own = storeIn(ark.dataFolder);
    await storeBackup(own, { name: "nightly" });
    await storeBackup(own, { name: "weekly" });
    await own.put(nameRecordKey("under-way", 1), Buffer.from("{}"), { signal });
    await own.put(restoreKeys("shop-2").logs, Buffer.from("x"), { signal });
    await own.put(restoreRecordKey("shop-3", 1), Buffer.from("{}"), { signal });
    await storeBackup(storeIn(join(ark.home, "other")), { name: "elsewhere" });
    await ark.ok("backup-location", "set", "usb", `file://${ark.home}/other`);
  });
  after(() => ark.remove());

  const storeIn = (root: string) =>
    createDirectoryStore({ root, display: root, clock: createSystemClock() });

  /** What bash offers for the line, which it has split as it does, at `=` and `:` too. */
  async function offered(line: string): Promise<string[]> {
    const words = ["ark-ts", ...line.split(" ").flatMap((word) => word.split(/([=:]+)/))];
    if (line.endsWith("=")) words.pop();
    const all = words.filter((word, at) => word !== "" || at === words.length - 1);
    const script = `source <(ark-ts completion bash)
COMP_WORDS=(${all.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${all.length - 1}
_ark_ts; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { status, stdout, stderr } = await runCommand("bash", ["-c", script], {
      env: {
        PATH: `${ark.home}/bin:${process.env["PATH"]}`,
        HOME: ark.home,
        XDG_DATA_HOME: join(ark.home, "data"),
        XDG_CONFIG_HOME: join(ark.home, "config"),
      },
    });
    assert.deepEqual([status, stderr], [0, ""]);
    return stdout.split("\n").filter((word) => word !== "");
  }

  const all = ["nightly", "under-way", "weekly"];
  const cases = (): readonly (readonly [string, readonly string[]])[] => [
    ["backup describe ", all],
    ["backup describe nightly we", ["weekly"]],
    ["describe backups n", ["nightly"]],
    ["backup delete --confirm u", ["under-way"]],
    ["backup verify -o json n", ["nightly"]],
    ["backup ls n", ["nightly"]],
    ["backup ls nightly ", []],
    ["backup create ", []],
    ["restore create --from-backup w", ["weekly"]],
    ["restore create --from-backup=w", ["weekly"]],
    ["restore create --from-backup=", all],
    ["restore describe ", ["shop-2", "shop-3"]],
    ["backup get --store u", ["usb"]],
    ["backup get --storage-location ", ["default", "usb"]],
    ["backup-location test ", ["default", "usb"]],
    ["backup get --store usb ", ["elsewhere"]],
    ["backup get --store=usb e", ["elsewhere"]],
    [`backup get --store file://${ark.home}/other `, ["elsewhere"]],
    ["backup get --store nowhere ", []],
    [`backup get --config-dir ${ark.home}/none --store `, ["default"]],
    ["restore get -o ", ["table", "json", "yaml", "name"]],
  ];

  it("offers what is there, where the line says it is", async () => {
    for (const [line, names] of cases()) assert.deepEqual(await offered(line), names, line);
  });

  it("lets nobody who can write to the bucket run anything in the shell", async () => {
    const hostile = storeIn(join(ark.home, "hostile"));
    await hostile.put("backups/$(touch ran)/velero-backup.json", Buffer.from("{}"), { signal });
    await hostile.put("backups/`touch ran`/velero-backup.json", Buffer.from("{}"), { signal });
    await storeBackup(hostile, { name: "harmless" });
    assert.deepEqual(await offered(`backup get --store ${ark.home}/hostile `), ["harmless"]);
    assert.ok(!existsSync("ran"));
  });

  it("prints nothing where names cannot be had", async () => {
    const { status, stdout, stderr } = await ark.run(
      ...["__names", "backups", "--storage-location", "s3://b?s3Url=http://127.0.0.1:1"],
    );
    assert.deepEqual([status, stdout, stderr], [0, "", ""]);
  });
});
