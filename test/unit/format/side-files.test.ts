import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Finding } from "../../../src/api/results.ts";
import { createGzipText } from "../../../src/format/gzip-text.ts";
import { encodeLogLine } from "../../../src/format/log-line.ts";
import { createResourceListBuilder } from "../../../src/format/resource-list.ts";
import { decodeRestore, encodeRestore } from "../../../src/format/restore-files.ts";
import { decodeResults, encodeResults, toResults } from "../../../src/format/results.ts";
import { decodeList, decodeResourceList, encodeList } from "../../../src/format/side-files.ts";
import { readTypeMeta } from "../../../src/format/type-meta.ts";
import { hasCode } from "../../../src/lib/errors.ts";

describe("results", () => {
  const findings: readonly Finding[] = [
    {
      severity: "error",
      code: "ARK_LIST_FAILED",
      message: "it could not be listed: 503",
      resource: "things.example.io",
      advice: "mend the service",
    },
    {
      severity: "warning",
      code: "ARK_API_GONE",
      message: "listed at two revisions",
      resource: "pods",
      namespace: "shop",
      name: "web",
    },
    { severity: "warning", code: "ARK_UNEXPECTED", message: "odd" },
  ];

  it("are strings in Velero's form, grouped as Velero groups them", async () => {
    assert.deepEqual(toResults(findings), {
      warnings: {
        velero: [" message: /odd"],
        namespaces: { shop: [" resource: /pods name: /web message: /listed at two revisions"] },
      },
      errors: {
        cluster: [
          " resource: /things.example.io message: /it could not be listed: 503 (mend the service) error: /ARK_LIST_FAILED",
        ],
      },
    });
    assert.deepEqual(await decodeResults(await encodeResults(findings)), toResults(findings));
    const empty = gunzipSync(await encodeResults([])).toString();
    assert.equal(empty, '{"warnings":{},"errors":{}}\n');
  });

  it("keep a namespace called __proto__", () => {
    const finding: Finding = { ...findings[1]!, namespace: "__proto__" };
    const namespaces = toResults([finding]).warnings.namespaces ?? {};
    assert.deepEqual(Object.keys(namespaces), ["__proto__"]);
  });

  it("of Velero are read with null for nothing, and nothing else is", async () => {
    const velero = gzipSync('{"warnings":{"velero":null},"errors":{"cluster":["x"]}}');
    assert.deepEqual(await decodeResults(velero), { warnings: {}, errors: { cluster: ["x"] } });
    await assert.rejects(decodeResults(gzipSync('{"errors":{"cluster":[1]}}')), (error) =>
      hasCode(error, "ARK_BACKUP_FORMAT"),
    );
  });
});

describe("the resource list", () => {
  it("maps kinds to names, though kinds come interleaved", async () => {
    const list = createResourceListBuilder();
    list.add("v1", "Pod", { namespace: "a", name: "x" });
    list.add("apps/v1", "Deployment", { namespace: "a", name: 'quo"te' });
    list.add("v1", "Namespace", { namespace: "", name: "a" });
    list.add("v1", "Pod", { namespace: "b", name: "y" });
    const file = await list.finish();
    const text =
      '{"apps/v1/Deployment":["a/quo\\"te"],"v1/Namespace":["a"],"v1/Pod":["a/x","b/y"]}\n';
    assert.equal(gunzipSync(file).toString(), text);
    assert.deepEqual((await decodeResourceList(file)).get("v1/Pod"), ["a/x", "b/y"]);
  });

  it("says what a restore did to each", async () => {
    const list = createResourceListBuilder();
    list.add("v1", "Pod", { namespace: "a", name: "x", action: "created" });
    list.add("v1", "Pod", { namespace: "a", name: "y", action: "skipped" });
    assert.equal(
      gunzipSync(await list.finish()).toString(),
      '{"v1/Pod":["a/x(created)","a/y(skipped)"]}\n',
    );
  });

  it("is an empty map without objects, and whole with a hundred thousand", async () => {
    assert.equal(gunzipSync(await createResourceListBuilder().finish()).toString(), "{}\n");
    const list = createResourceListBuilder();
    for (let at = 0; at < 100_000; at += 1) {
      list.add("v1", at % 2 === 0 ? "Pod" : "Secret", { namespace: "n", name: `o-${at}` });
    }
    const read = await decodeResourceList(await list.finish());
    assert.equal(read.get("v1/Pod")?.length, 50_000);
    assert.equal(read.get("v1/Secret")?.at(-1), "n/o-99999");
  });
});

describe("lists", () => {
  it("are what Velero decodes, and null of Velero's reads as empty", async () => {
    assert.equal(gunzipSync(await encodeList([])).toString(), "[]\n");
    assert.deepEqual(await decodeList(await encodeList([{ a: 1 }]), "x"), [{ a: 1 }]);
    assert.deepEqual(await decodeList(gzipSync("null"), "x"), []);
    for (const text of ["{}", "[1]", "["]) {
      await assert.rejects(decodeList(gzipSync(text), "x"), (error) =>
        hasCode(error, "ARK_BACKUP_FORMAT"),
      );
    }
  });
});

describe("log lines", () => {
  it("have the form that Velero's readers know", () => {
    const line = encodeLogLine({
      time: "2026-01-02T03:04:05Z",
      level: "warn",
      message: 'kind "x" left out',
      fields: {
        backup: "ark-ts/b",
        count: 3,
        name: "a b",
        none: undefined,
        error: new Error("no\n"),
      },
    });
    assert.equal(
      line,
      'time="2026-01-02T03:04:05Z" level=warning msg="kind \\"x\\" left out" backup=ark-ts/b count=3 name="a b" error="no\\n"\n',
    );
  });

  it("are held compressed and come out in order", async () => {
    const text = createGzipText();
    assert.equal(gunzipSync(await createGzipText().finish()).toString(), "");
    let expected = "";
    for (let at = 0; at < 50_000; at += 1) {
      text.append(`line ${at} ünï\n`);
      expected += `line ${at} ünï\n`;
    }
    assert.equal(gunzipSync(await text.finish()).toString(), expected);
  });
});

describe("ark-restore.json", () => {
  it("gives back the Restore, and refuses what is none", () => {
    const restore = {
      apiVersion: "velero.io/v1",
      kind: "Restore",
      metadata: { name: "r" },
      spec: { backupName: "b", existingResourcePolicy: "update" },
      status: { phase: "Completed" },
    } as const;
    assert.deepEqual(decodeRestore(encodeRestore(restore), "r"), restore);
    const wrong = { ...restore, spec: { backupName: 3 } };
    assert.throws(() => decodeRestore(Buffer.from(JSON.stringify(wrong)), "r"), /spec\.backupName/);
  });
});

describe("readTypeMeta()", () => {
  it("finds kind and apiVersion wherever they stand at the top, and nowhere else", () => {
    const read = (text: string) => readTypeMeta(Buffer.from(text));
    assert.deepEqual(read('{"kind":"Pod","apiVersion":"v1","metadata":{}}'), {
      kind: "Pod",
      apiVersion: "v1",
    });
    assert.deepEqual(read(' { "spec" : { "kind" : "x" } , "apiVersion" : "a\\u002fb" } '), {
      kind: "",
      apiVersion: "a/b",
    });
    assert.deepEqual(read('{"kind":3,"apiVersion":null}'), { kind: "", apiVersion: "" });
    assert.deepEqual(read("{}"), { kind: "", apiVersion: "" });
    assert.deepEqual(read('{"kind":"a","kind":"b"}').kind, "b");
  });
});
