import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BackupPhase } from "../../../../src/api/backup.ts";
import { annotations } from "../../../../src/api/labels.ts";
import type { Finding } from "../../../../src/api/results.ts";
import type { BackupReport } from "../../../../src/backup/backup-run.ts";
import { cutText, renderBackupReport } from "../../../../src/cli/render/backup-report.ts";
import { deletedText } from "../../../../src/cli/render/deleted-text.ts";
import { describeBackup } from "../../../../src/cli/render/describe-backup.ts";
import { findingLines } from "../../../../src/cli/render/finding-lines.ts";
import { createPainter } from "../../../../src/cli/render/painter.ts";
import { renderPrune } from "../../../../src/cli/render/prune-report.ts";
import { renderRestoreReport } from "../../../../src/cli/render/restore-report.ts";
import { renderVerifyOutcome } from "../../../../src/cli/render/verify-report.ts";
import type { Manifest, ManifestKind } from "../../../../src/format/manifest.ts";
import { ArkError } from "../../../../src/lib/errors.ts";
import { fakeSink } from "../fake-environment.ts";

const painter = createPainter({ env: {}, argv: [] }, fakeSink());

const kind = (
  resource: string,
  count: number,
  others: Partial<ManifestKind> = {},
): ManifestKind => ({
  resource,
  version: "v1",
  kind: resource,
  namespaced: true,
  count,
  resourceVersion: "48211",
  oneRevision: true,
  cut: 0,
  ...others,
});

const manifest = (kinds: readonly ManifestKind[], cuts = ["48211"]): Manifest => ({
  formatVersion: 1,
  requiredFeatures: [],
  backup: "b",
  runUid: "run",
  engineVersion: "0.1.0",
  normalForm: 1,
  cluster: { id: "uid", idSource: "kube-system-uid", gitVersion: "v1.34.4" },
  planSha256: "",
  cuts: cuts.map((resourceVersion) => ({ resourceVersion, takenAt: "" })),
  kinds,
  archive: {
    key: "",
    sizeBytes: 4_300_000,
    sha256: "ab",
    parts: [{ sizeBytes: 1, sha256: "" }],
    members: [],
  },
  files: [],
  sealSha256: "",
});

const report = (phase: BackupPhase, others: Partial<BackupReport> = {}): BackupReport => ({
  backup: {
    apiVersion: "velero.io/v1",
    kind: "Backup",
    metadata: { name: "before-upgrade" },
    spec: {},
    status: { phase },
  },
  manifest: manifest([kind("pods", 12_911)]),
  findings: [],
  volumes: [],
  objects: 12_911,
  kindsListed: 58,
  kindsInScope: 58,
  archiveBytes: 4_300_000,
  durationMs: 1_949,
  ...others,
});

const listFailed: Finding = {
  severity: "error",
  code: "ARK_LIST_FAILED",
  message: "things.example.io could not be listed: 503",
  resource: "things.example.io",
  advice: "leave it out with --exclude-resources things.example.io",
};

describe("renderBackupReport()", () => {
  it("has no next step when all is well", () => {
    assert.equal(
      renderBackupReport(report("Completed"), painter),
      `backup before-upgrade: completed in 1.9 s
  objects   12,911 in 58 kinds   archive 4.1 MiB, read back and checked
  cut       one revision (resourceVersion 48211) over all 1
`,
    );
  });

  it("names what is not in it, and how to see more", () => {
    const text = renderBackupReport(
      report("PartiallyFailed", { findings: [listFailed], kindsListed: 57 }),
      painter,
    );
    assert.match(text, /^backup before-upgrade: partially failed in 1\.9 s\n/);
    assert.match(text, /12,911 in 57 of 58 kinds/);
    assert.match(
      text,
      / {2}error {5}things\.example\.io could not be listed: 503 {3}\(ARK_LIST_FAILED\)\n {12}leave it out/,
    );
    assert.match(text, /\n\nto see it: ark-ts backup describe before-upgrade --details\n$/);
  });

  it("tells of how many kinds it has a part", () => {
    const text = renderBackupReport(
      { ...report("PartiallyFailed"), kindsListed: 57, kindsInPart: 1 },
      painter,
    );
    assert.match(text, / in 57 of 58 kinds, and a part of 1 more {3}archive/);
  });

  it("tells a cancelled run from a failed one", () => {
    const { backup, manifest: _none, ...others } = report("Failed");
    const metadata = { name: "b", annotations: { "ark-ts.dev/outcome": "cancelled" } };
    assert.equal(
      renderBackupReport({ ...others, backup: { ...backup, metadata } }, painter),
      "backup b: cancelled after 1.9 s; no backup was made\n",
    );
  });

  it("tells which pods a cancelled run has thawed, and which not", () => {
    const { backup, manifest: _none, ...others } = report("Failed");
    const metadata = { name: "b", annotations: { "ark-ts.dev/outcome": "cancelled" } };
    const findings = [
      { severity: "error", code: "ARK_CANCELLED", message: "cancelled" },
      { severity: "error", code: "ARK_LIST_FAILED", message: "some kind" },
      { severity: "error", code: "ARK_POD_FROZEN", message: "pod shop/c may be frozen" },
    ] as const;
    const thawed = ["shop/a", "shop/b"];
    assert.equal(
      renderBackupReport({ ...others, backup: { ...backup, metadata }, thawed, findings }, painter),
      [
        "backup b: cancelled after 1.9 s; no backup was made\n",
        "  thawed    shop/a, shop/b: their post hooks were run\n",
        "  error     pod shop/c may be frozen   (ARK_POD_FROZEN)\n",
      ].join(""),
    );
  });
});

describe("cutText()", () => {
  it("names the kinds outside the cut, and why", () => {
    const apart = { ...kind("metrics", 1, { oneRevision: false, reason: "aggregated API" }) };
    const { cut: _cut, ...outside } = apart;
    assert.equal(
      cutText(manifest([kind("pods", 1), outside])),
      "one revision (resourceVersion 48211) over 1 kind; outside it:\nmetrics: aggregated API",
    );
  });

  it("tells two cuts", () => {
    const kinds = [kind("a", 1), kind("b", 1), kind("c", 1, { cut: 1 })];
    assert.equal(
      cutText(manifest(kinds, ["1", "2"])),
      "2 revisions: 2 kinds at resourceVersion 1, 1 kind at resourceVersion 2",
    );
  });
});

describe("findingLines()", () => {
  it("puts errors first, and counts what does not fit", () => {
    const warning: Finding = {
      severity: "warning",
      code: "ARK_OBJECT_DIFFERS",
      message: "differs",
      resource: "secrets",
      namespace: "shop",
      name: "db",
    };
    const text = findingLines([warning, listFailed, warning, warning], painter, "see", 2);
    const labels = [...text.matchAll(/^ {2}(\w*) /gm)].map((match) => match[1]);
    assert.deepEqual(labels, ["error", "", "warning", ""]);
    assert.match(text, /secrets shop\/db: differs/);
    assert.match(text, /and 2 more findings: see/);
  });
});

describe("other reports", () => {
  it("renderRestoreReport() counts what became of the objects", () => {
    const text = renderRestoreReport(
      {
        restore: {
          apiVersion: "velero.io/v1",
          kind: "Restore",
          metadata: { name: "r" },
          spec: {},
          status: { phase: "PartiallyFailed" },
        },
        created: 1_389,
        updated: 9,
        recreated: 0,
        deleted: 0,
        skipped: 12,
        failed: 2,
        ownersMapped: 0,
        ownersDropped: 3,
        neverRestored: new Map([
          ["events", 4],
          ["nodes", 1],
        ]),
        hooks: [],
        recorded: true,
        findings: [listFailed],
      },
      4_200,
      painter,
    );
    assert.match(
      text,
      /^restore r: partially failed in 4\.2 s\n {2}created 1,389 {3}updated 9 {3}skipped 12 {3}failed 2\n/,
    );
    assert.match(text, /\nto see it: ark-ts restore describe r --details\n.*restore undo r\n$/);
  });

  it("renderVerifyOutcome() names each damaged object and what was not checked", () => {
    const text = renderVerifyOutcome(
      {
        name: "b",
        level: "objects",
        hasManifest: true,
        ok: false,
        checked: { files: 3, objects: 10, bytes: 2_048 },
        damages: [
          { file: "b.tar.gz", object: "secrets shop/db", problem: "its hash differs" },
          { file: "b.tar.gz", object: "pods shop/a", problem: "cut", stillReadable: true },
          { file: "ark-index.ndjson.gz", problem: "is cut short" },
        ],
        moreDamages: 5,
        objectsLost: 6,
        objectsStillReadable: 1,
        notChecked: ["whether it was replaced whole"],
        notes: [],
      },
      100,
      painter,
    );
    assert.equal(
      text,
      `backup b: DAMAGED, checked in 0.1 s
  checked   10 objects, 3 files, 2.0 KiB
  damaged   secrets shop/db: its hash differs   (b.tar.gz)
  damaged   pods shop/a: cut; still readable   (b.tar.gz)
  damaged   ark-index.ndjson.gz: is cut short
  damaged   and 5 more
  salvage   6 objects lost, 1 in damaged places still readable; restore all but the lost with: ark-ts restore create --from-backup b --allow-damaged
  unchecked whether it was replaced whole
`,
    );
  });

  it("renderPrune() tells what stays and why", () => {
    const text = renderPrune(
      {
        plan: {
          expired: [
            { name: "old", expiredAt: "2026-01-01T00:00:00Z" },
            { name: "owner", expiredAt: "2026-01-02T00:00:00Z" },
          ],
          kept: [
            { name: "a", reason: "not-expired" },
            { name: "b", reason: "not-expired" },
            { name: "c", reason: "unreadable" },
          ],
        },
        deleted: [
          {
            name: "old",
            wasSealed: true,
            removedKeys: ["x"],
            removedBytes: 2_048,
            abandoned: [],
            restores: [],
            failedActions: 0,
          },
        ],
        failed: [{ name: "owner", error: new ArkError("ARK_BACKUP_OWNS_DATA", "owns data") }],
      },
      { dryRun: false, location: "lab", timeZone: "UTC" },
    );
    assert.equal(
      text,
      `NAME    EXPIRED                   RESULT
old     2026-01-01 00:00:00 UTC   deleted, 2.0 KiB
owner   2026-01-02 00:00:00 UTC   stays: owns data

1 backup of lab deleted; kept: 2 backups not expired, 1 backup unreadable
`,
    );
  });

  it("deletedText() tells what is nobody's now", () => {
    const text = deletedText({
      name: "b",
      wasSealed: true,
      removedKeys: ["x", "y"],
      removedBytes: 10,
      abandoned: ["1 native volume snapshots"],
      restores: ["r"],
    });
    assert.match(text, /^backup b deleted: 2 files, 10 B\n/);
    assert.match(text, /left {6}1 native volume snapshots/);
    assert.match(text, /restores {2}made from it, and their records stay: r/);
  });

  it("describeBackup() has Velero's keys in Velero's order, and what our manifest knows", () => {
    const { backup } = report("PartiallyFailed");
    const text = describeBackup(
      {
        backup: { ...backup, status: { ...backup.status, errors: 1, warnings: 2 } },
        manifest: manifest([kind("pods", 3), kind("jobs", 0)]),
        results: { warnings: { velero: ["w"] }, errors: { namespaces: { shop: ["e"] } } },
        resources: new Map([["v1/Pod", ["shop/a"]]]),
        location: "lab",
        thaws: [],
        volumes: undefined,
      },
      { painter, details: true, timeZone: "UTC" },
    );
    const keys = [
      "Name:",
      "Namespace:",
      "Labels:",
      "Annotations:",
      "Phase:",
      "Warnings:",
      "Errors:",
      "Namespaces:",
      "Resources:",
      "Label selector:",
      "Or label selector:",
      "Storage Location:",
      "TTL:",
      "Hooks:",
      "Backup Format Version:",
      "Started:",
      "Completed:",
      "Expiration:",
      "Total items to be backed up:",
      "Items backed up:",
      "Cluster:",
      "Archive:",
      "Cut:",
      "Coverage:",
      "Kinds:",
      "Resource List:",
    ];
    let at = -1;
    for (const key of keys) {
      const next = text.indexOf(`\n${key}`, at);
      assert.ok(
        key === "Name:" ? text.startsWith(key) : next > at,
        `${key} stands in its place\n${text}`,
      );
      if (key !== "Name:") at = next;
    }
    assert.match(text, /PartiallyFailed {2}\(run `ark-ts backup logs before-upgrade` for more\)/);
    assert.match(text, / {4}shop: +e\n/);
    assert.match(text, / {2}v1\/Pod:\n {4}- shop\/a\n/);
    assert.match(text, /Coverage: +3 objects of 1 kind; 2 kinds listed\n/);
  });

  it("describeBackup() says which resource policies there were", () => {
    const { backup } = report("Completed");
    const rest = {
      manifest: undefined,
      results: undefined,
      resources: undefined,
      location: "lab",
      thaws: [],
      volumes: undefined,
    };
    const style = { painter, details: false, timeZone: "UTC" };
    const from = { [annotations.resourcePolicies]: "file p.yaml" };
    const annotated = { ...backup, metadata: { ...backup.metadata, annotations: from } };
    const referring = { ...backup, spec: { resourcePolicy: { kind: "configmap", name: "rules" } } };
    const lines = /Resource policies:\n {2}Type: +(\S+)\n {2}Name: +(\S+)\n/;
    const told = [backup, annotated, referring].map((one) =>
      lines.exec(describeBackup({ backup: one, ...rest }, style))?.slice(1),
    );
    assert.deepEqual(told, [undefined, ["file", "p.yaml"], ["configmap", "rules"]]);
  });
});
