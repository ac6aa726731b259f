/** Files that a server hands out by signed URLs, as commands fetch them. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { downloadRequestKind } from "../../src/api/download-request.ts";
import { type CommandWorld, commandWorld } from "../support/command-world.ts";

let world: CommandWorld;
beforeEach(async () => {
  world = await commandWorld();
});
afterEach(() => world.close());

describe("what a server hands out", () => {
  let store: Server;
  let origin: string;
  const files = new Map<string, Buffer>();
  before(async () => {
    store = createServer((request, response) => {
      const [path = ""] = (request.url ?? "").split("?");
      const file = files.get(path.slice(1));
      response.writeHead(file === undefined ? 404 : 200);
      response.end(file ?? "<Error><Code>NoSuchKey</Code></Error>");
    });
    await new Promise<void>((resolve) => store.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(store.address() as AddressInfo).port}`;
  });
  after(() => store.close());
  beforeEach(() => files.clear());

  const sign = () =>
    world.serve(downloadRequestKind, ({ spec, status }) =>
      status?.phase === "Processed"
        ? undefined
        : {
            status: {
              phase: "Processed",
              downloadURL: `${origin}/${spec.target.kind}/${spec.target.name}?X-Amz-Signature=s3cr3t`,
            },
          },
    );

  it("backup logs prints the log, and takes its request away", async () => {
    world.seed("Backup", "b", { status: { phase: "Completed" } });
    files.set("BackupLog/b", gzipSync("line one\nline two\n"));
    await sign();
    const { status, out, err } = await world.ark(["backup", "logs", "b"]);
    assert.deepEqual([status, out], [0, "line one\nline two\n"], err);
    assert.deepEqual(await world.list(downloadRequestKind), []);
  });

  it("a run without a log says why (regression 83)", async () => {
    world.seed("Backup", "bad", {
      status: { phase: "FailedValidation", validationErrors: ["no such location"] },
    });
    world.seed("Backup", "gone", { status: { phase: "Failed", failureReason: "out of room" } });
    world.seed("Backup", "busy", { status: { phase: "InProgress" } });
    await sign();
    const bad = await world.ark(["backup", "logs", "bad"]);
    assert.equal(bad.status, 1);
    assert.match(bad.err, /"bad" has no log: it is FailedValidation\n.*answer +no such location/);
    const gone = await world.ark(["backup", "logs", "gone"]);
    assert.match(gone.err, /"gone" has no log: it is Failed\n.*answer +out of room/);
    const busy = await world.ark(["backup", "logs", "busy"]);
    assert.match(busy.err, /"busy" has no log yet: it is InProgress\n.*--follow waits/s);
  });

  /** Signs for files of ours too: `/BackupLog/NAME/log-1.gz`. */
  const signSegments = (asked: (file: string) => void = () => undefined) =>
    world.serve(downloadRequestKind, ({ metadata, spec, status }) => {
      if (status?.phase === "Processed") return undefined;
      const own = metadata.annotations?.["ark-ts.dev/file"];
      asked(own ?? "whole");
      const { kind, name } = spec.target;
      const downloadURL = `${origin}/${kind}/${name}${own === undefined ? "" : `/${own}.gz`}`;
      return { status: { phase: "Processed", downloadURL } };
    });

  it("83: logs of a run in progress are what there is of it, with a line that it goes on", async () => {
    for (const [noun, kind, target] of [
      ["backup", "Backup", "BackupLog"],
      ["restore", "Restore", "RestoreLog"],
    ] as const) {
      world.seed(kind, "busy", { status: { phase: "InProgress" } });
      files.set(`${target}/busy/log-1.gz`, gzipSync("one\ntwo\n"));
      files.set(`${target}/busy/log-2.gz`, gzipSync("three\n"));
      if (noun === "backup") await signSegments();
      const { status, out, err } = await world.ark([noun, "logs", "busy"]);
      assert.deepEqual([status, out], [0, "one\ntwo\nthree\n"], err);
      assert.match(err, /busy goes on \(InProgress\): --follow prints the rest as it comes/);
    }
    assert.deepEqual(await world.list(downloadRequestKind), []);
  });

  it("83: --follow prints each line once until the run has ended, whichever process wrote it", async () => {
    world.seed("Backup", "b", { status: { phase: "InProgress" } });
    files.set("BackupLog/b/log-1.gz", gzipSync("one\n"));
    const asked: string[] = [];
    await signSegments((file) => {
      asked.push(file);
      if (file === "log-2" && asked.filter((one) => one === "log-2").length === 2) {
        files.set("BackupLog/b/log-2.gz", gzipSync("two\n"));
      }
      if (file !== "log-3") return;
      files.set("BackupLog/b", gzipSync("another leader\ntwo\nlast"));
      world.seed("Backup", "b", { status: { phase: "Completed" } });
    });
    const { status, out, err } = await world.ark(["backup", "logs", "b", "--follow"]);
    assert.deepEqual([status, out], [0, "one\ntwo\nanother leader\nlast"], err);
  });

  it("a server that does not answer is named, in the time that was given, and no secret is told", async () => {
    world.seed("Backup", "b", { status: { phase: "Completed" } });
    const { status, err } = await world.ark(["backup", "logs", "b", "--timeout", "100ms"]);
    assert.equal(status, 1);
    assert.match(err, /no server in namespace ark-ts of context x has answered.*within 0\.1 s/);
    assert.deepEqual(await world.list(downloadRequestKind), []);
    await world.serve(downloadRequestKind, ({ status: seen }) =>
      seen === undefined
        ? { status: { phase: "Processed", downloadURL: "http://127.0.0.1:1/x?sig=s3cr3t" } }
        : undefined,
    );
    const refused = await world.ark(["backup", "logs", "b"]);
    assert.match(refused.err, /http:\/\/127\.0\.0\.1:1\/x could not be reached from here/);
    assert.doesNotMatch(refused.err, /s3cr3t/);
  });

  it("backup download writes the archive for the user alone", async () => {
    world.seed("Backup", "b", { status: { phase: "Completed" } });
    files.set("BackupContents/b", gzipSync("archive"));
    await sign();
    const { status, out, err } = await world.ark(["backup", "download", "b"]);
    assert.equal(status, 0, err);
    assert.match(out, /archive of backup b: b-data\.tar\.gz .* no manifest to compare with/);
    assert.deepEqual(
      readFileSync(join(world.home, "b-data.tar.gz")),
      files.get("BackupContents/b"),
    );
    const missing = await world.ark(["backup", "download", "nothing"]);
    assert.match(missing.err, /there is no backup "nothing"/);
    assert.equal(existsSync(join(world.home, "nothing-data.tar.gz")), false);
  });

  it("backup describe tells the findings and, with --details, the objects", async () => {
    world.seed("Backup", "b", {
      spec: { storageLocation: "default", includedNamespaces: ["shop"] },
      status: { phase: "PartiallyFailed", errors: 1, startTimestamp: "2026-11-21T10:00:00Z" },
    });
    const results = {
      errors: { namespaces: { shop: [" resource: /pods name: /web message: /gone"] } },
      warnings: {},
    };
    files.set("BackupResults/b", gzipSync(JSON.stringify(results)));
    files.set("BackupResourceList/b", gzipSync(JSON.stringify({ "v1/Pod": ["shop/web"] })));
    await sign();
    const { status, out, err } = await world.ark(["backup", "describe", "b", "--details"]);
    assert.equal(status, 0, err);
    assert.match(out, /^Name: +b\nNamespace: +ark-ts\n/);
    assert.match(out, /Phase: +PartiallyFailed/);
    assert.match(out, /resource: \/pods name: \/web message: \/gone/);
    assert.match(out, /v1\/Pod:\n {4}- shop\/web/);
    assert.doesNotMatch(out, /not written by ark-ts/);
  });

  it("describe of a run in progress tells what it does, and asks for no file", async () => {
    const doing = { kindsDone: 3, kindsTotal: 9, waitingFor: "the store" };
    world.seed("Backup", "b", {
      metadata: { annotations: { "ark-ts.dev/doing": JSON.stringify(doing) } },
      status: { phase: "InProgress", progress: { totalItems: 40, itemsBackedUp: 8 } },
    });
    world.seed("Restore", "r", { status: { phase: "" } });
    const backup = await world.ark(["backup", "describe", "b"]);
    assert.equal(backup.status, 0, backup.err);
    assert.match(backup.out, /Phase: +InProgress\nNow: +3 of 9 kinds listed, 8 of 40 objects\n/);
    assert.match(backup.out, /\n +waiting for the store\n +to follow it: ark-ts backup logs /);
    assert.doesNotMatch(backup.out, /ark-ts\.dev\/doing/);
    const json = await world.ark(["backup", "describe", "b", "-o", "json"]);
    assert.deepEqual(JSON.parse(json.out).doing, doing);
    const restore = await world.ark(["restore", "describe", "r"]);
    assert.match(restore.out, /Now: +waiting for the server to take it up in its turn\n/);
  });

  it("backup describe is worth having where files cannot be had, and says so once", async () => {
    for (const name of ["b1", "b2"]) {
      world.seed("Backup", name, { status: { phase: "PartiallyFailed", errors: 1 } });
    }
    const { status, out, err } = await world.ark(["backup", "describe", "--timeout", "100ms"]);
    assert.equal(status, 0, err);
    assert.match(out, /Name: +b1\n[\s\S]*Name: +b2\n/);
    assert.equal(err.match(/could not be had/g)?.length, 1);
  });
});
