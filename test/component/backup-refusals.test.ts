import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import type { BackupSpec } from "../../src/api/backup.ts";
import { backupKeys } from "../../src/format/keys.ts";
import { type ArkError, hasCode } from "../../src/lib/errors.ts";
import { createApiServer } from "../support/api-server/api-server.ts";
import { createMemoryStore } from "../support/memory-store.ts";
import { plainAccess } from "../support/plain-access.ts";
import { rejectsWithCode } from "../support/store-testing.ts";
import { backupRequest, readEntries, takeBackup } from "../support/take-backup.ts";
import { createVirtualClock } from "../support/virtual-clock.ts";

const signal = new AbortController().signal;

function world() {
  const server = createApiServer();
  for (const name of ["shop", "shop-test"]) {
    server.seed({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name },
      status: { phase: "Active" },
    });
    server.seed({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "settings", namespace: name },
      data: { of: name },
    });
  }
  const cluster = connectCluster(
    plainAccess(server.dispatcher()),
    createVirtualClock({ jump: true }),
  );
  const store = createMemoryStore();
  const take = (name: string, spec: BackupSpec, typed = true) =>
    takeBackup(cluster, store, backupRequest(name, spec, typed));
  return { server, store, take };
}

describe("a backup that finds nothing", () => {
  it("is refused when a person typed a namespace pattern that matches none", async () => {
    const { take, store } = world();
    await assert.rejects(take("b", { includedNamespaces: ["zzz*"] }), (error) =>
      hasCode(error, "ARK_NAMESPACE_MISSING"),
    );
    assert.deepEqual(store.keys(), []);
  });

  for (const [what, spec, advice] of [
    [
      "a kind",
      { includedResources: ["deploymnts"] },
      /^did you mean deployments\.apps\?; see what/,
    ],
    ["a namespace", { includedNamespaces: ["kube-sytem"] }, /^did you mean kube-system\?; see the/],
    [
      "two kinds",
      { includedResources: ["secrts", "pds"] },
      /^"secrts": did you mean secrets\?; "pds"/,
    ],
    [
      "a pattern",
      { includedNamespaces: ["kube-sytem*"] },
      /namespaces are kube-system, .*; see the/,
    ],
  ] as const) {
    it(`is refused with what may have been meant by ${what}`, async () => {
      const { take } = world();
      await assert.rejects(take("b", spec), (error: ArkError) => advice.test(error.advice ?? ""));
    });
  }

  it("is refused when a person typed a kind into the list of the other scope", async () => {
    const { take, store } = world();
    await assert.rejects(
      take("b", { includedNamespaceScopedResources: ["persistentvolumes"] }),
      (error) =>
        hasCode(error, "ARK_KIND_UNKNOWN") &&
        /^"persistentvolumes" is cluster-scoped, and stands in a list of namespaced/.test(
          error.message,
        ) &&
        /--include-cluster-scoped-resources persistentvolumes$/.test(
          (error as ArkError).advice ?? "",
        ),
    );
    assert.deepEqual(store.keys(), []);
  });

  it("warns in a scheduled run, as regression 4 asks", async () => {
    const { take } = world();
    const report = await take("b", { includedNamespaces: ["zzz*"] }, false);
    assert.deepEqual(
      report.findings.map(({ severity, code }) => [severity, code]),
      [
        ["warning", "ARK_NAMESPACE_MISSING"],
        ["warning", "ARK_NOTHING_SELECTED"],
      ],
    );
    assert.equal(report.backup.status.phase, "Completed");
  });

  it("says so when a selector matches nothing", async () => {
    const { take } = world();
    const report = await take("b", { labelSelector: { matchLabels: { no: "such" } } });
    assert.deepEqual(
      report.findings.map(({ code }) => code),
      ["ARK_NOTHING_SELECTED"],
    );
  });

  it("warns of an exclude that matches no namespace", async () => {
    const { take } = world();
    const report = await take("b", { excludedNamespaces: ["shop-tset"] });
    assert.match(report.findings[0]?.message ?? "", /"shop-tset" .* matches no namespace/);
  });
});

describe("a backup whose seal was lost", () => {
  it("is not destroyed by a new run of its name", async () => {
    const { take, store } = world();
    await take("b", {});
    const entries = await readEntries(store, "b");
    const seal = Buffer.from(store.bytes(backupKeys("b").seal));
    await store.remove(backupKeys("b").seal, { signal });
    const before = store.keys();
    await assert.rejects(take("b", { includedNamespaces: ["shop"] }), (error) =>
      hasCode(error, "ARK_BACKUP_DAMAGED"),
    );
    assert.deepEqual(store.keys(), before);
    await store.put(backupKeys("b").seal, seal, { signal });
    assert.deepEqual([...(await readEntries(store, "b")).keys()], [...entries.keys()]);
  });
});

describe("a backup whose API server goes away", () => {
  it("ends with one sentence that says how to go on, and goes on", async () => {
    const { take, server, store } = world();
    let lists = 0;
    server.faults = ({ path }) => {
      if (!path.startsWith("/api/v1/configmaps")) return undefined;
      lists += 1;
      return lists > 1 ? { cutAfterBytes: 0 } : undefined;
    };
    await assert.rejects(take("b", { includedResources: ["configmaps"] }), (error) => {
      assert.ok(hasCode(error, "ARK_API_UNREACHABLE") || hasCode(error, "ARK_API_PROTOCOL"));
      return true;
    });
    server.faults = undefined;
    const report = await take("b", { includedResources: ["configmaps"] });
    assert.equal(report.backup.status.phase, "Completed");
    assert.equal(report.objects, 2);
    assert.ok(store.keys().every((key) => !key.startsWith("metadata/ark-ts/")));
  });
});

describe("a backup by a user who may not list namespaces", () => {
  const refuse = (paths: readonly string[]) => (call: { readonly path: string }) =>
    paths.includes(call.path) ? { status: 403 } : undefined;
  const errorsOf = (report: Awaited<ReturnType<ReturnType<typeof world>["take"]>>) =>
    report.findings.filter(({ severity }) => severity === "error");

  it("says that they are missing where all of them are in scope", async () => {
    const { take, server, store } = world();
    server.faults = refuse(["/api/v1/namespaces"]);
    const report = await take("b", {});
    assert.equal(report.backup.status.phase, "PartiallyFailed");
    const [error, ...others] = errorsOf(report);
    assert.deepEqual(others, []);
    assert.equal(error?.code, "ARK_API_FORBIDDEN");
    assert.match(error?.advice ?? "", /--exclude-resources namespaces/);
    const keys = [...(await readEntries(store, "b")).keys()];
    assert.ok(keys.includes("configmaps shop/settings"));
    assert.ok(!keys.some((key) => key.startsWith("namespaces ")));
  });

  it("seals nothing where the user may list nothing, and says to name namespaces", async () => {
    const { take, server, store } = world();
    const isList = /^\/apis?\/(?:v1|[^/]+\/v\w+)\/[a-z]+$/;
    server.faults = ({ path }) => (isList.test(path) ? { status: 403 } : undefined);
    const error = await rejectsWithCode(take("b", {}), "ARK_API_FORBIDDEN");
    assert.match(error.message, /^nothing was backed up: none of the \d\d kinds could be listed/);
    assert.ok(!store.keys().includes(backupKeys("b").seal));
    assert.match(error.advice ?? "", /^name the namespaces .* --include-namespaces, or get the/);
  });

  it("takes the named ones that may be read, and says that others are missing", async () => {
    const { take, server, store } = world();
    server.faults = refuse(["/api/v1/namespaces", "/api/v1/namespaces/shop-test"]);
    const report = await take("b", { includedNamespaces: ["shop", "shop-test"] });
    assert.equal(report.backup.status.phase, "PartiallyFailed");
    const [error, ...others] = errorsOf(report);
    assert.deepEqual(others, []);
    assert.match(error?.message ?? "", /namespaces could not be listed: .*only 1 of its objects/);
    const keys = [...(await readEntries(store, "b")).keys()];
    assert.ok(keys.includes("namespaces /shop"));
    assert.ok(!keys.includes("namespaces /shop-test"));
  });

  it("names each namespace that is refused, and takes those that come after them", async () => {
    const { take, server, store } = world();
    const paths = ["default", "shop"].map((name) => `/api/v1/namespaces/${name}`);
    server.faults = refuse(["/api/v1/namespaces", ...paths]);
    const spec = { includedNamespaces: ["default", "shop", "shop-test"] };
    const report = await take("b", spec);
    const [error] = errorsOf(report);
    assert.match(error?.message ?? "", /; the same was said of shop; only 1 of its objects is in/);
    assert.deepEqual([report.kindsInScope - report.kindsListed, report.kindsInPart], [1, 1]);
    assert.ok((await readEntries(store, "b")).has("namespaces /shop-test"));
  });

  it("takes the others where one is refused after they were surveyed", async () => {
    const { take, server, store } = world();
    let gets = 0;
    server.faults = ({ path }) => {
      if (path === "/api/v1/namespaces") return { status: 403 };
      if (path !== "/api/v1/namespaces/shop") return undefined;
      gets += 1;
      return gets > 1 ? { status: 403 } : undefined;
    };
    const report = await take("b", { includedNamespaces: ["shop", "shop-test"] });
    assert.equal(gets, 2);
    assert.equal(report.backup.status.phase, "PartiallyFailed");
    assert.match(errorsOf(report)[0]?.message ?? "", /only 1 of its objects/);
    assert.ok((await readEntries(store, "b")).has("namespaces /shop-test"));
  });

  it("takes a kind where it may be listed, though the first namespace refuses it", async () => {
    const { take, server, store } = world();
    const settings = (namespace: string) => `/api/v1/namespaces/${namespace}/configmaps`;
    server.faults = refuse(["/api/v1/namespaces", "/api/v1/configmaps", settings("default")]);
    const report = await take("b", { includedNamespaces: ["default", "shop"] });
    assert.equal(report.backup.status.phase, "PartiallyFailed");
    const [error, ...others] = errorsOf(report);
    assert.deepEqual(others, []);
    assert.equal(error?.code, "ARK_API_FORBIDDEN");
    assert.match(error?.message ?? "", /may not list configmaps in the namespace default; /);
    assert.doesNotMatch(error?.advice ?? "", /--exclude-resources/);
    const kind = report.manifest?.kinds.find(({ resource }) => resource === "configmaps");
    assert.deepEqual(
      [kind?.oneRevision, kind?.reason],
      [false, "this user may not list it in namespace default"],
    );
    assert.ok((await readEntries(store, "b")).has("configmaps shop/settings"));
  });

  it("has nothing to say where the ones that it names may be read", async () => {
    const { take, server, store } = world();
    server.faults = refuse(["/api/v1/namespaces"]);
    const report = await take("b", { includedNamespaces: ["shop"] });
    assert.deepEqual([report.backup.status.phase, report.findings], ["Completed", []]);
    assert.ok((await readEntries(store, "b")).has("namespaces /shop"));
  });
});
