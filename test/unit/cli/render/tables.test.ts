import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Backup } from "../../../../src/api/backup.ts";
import type { BackupListing } from "../../../../src/catalog/list-backups.ts";
import type { RunOutcome } from "../../../../src/catalog/unsealed-backup.ts";
import { count, counted, size, span } from "../../../../src/cli/render/amounts.ts";
import { expiry, renderBackupTable } from "../../../../src/cli/render/backup-table.ts";
import { renderDescription } from "../../../../src/cli/render/description.ts";
import { localStamp, localTime } from "../../../../src/cli/render/local-time.ts";
import { createPainter } from "../../../../src/cli/render/painter.ts";
import { renderTable } from "../../../../src/cli/render/table.ts";
import { stampedNameOrder } from "../../../../src/cli/stamped-name-order.ts";
import { ArkError } from "../../../../src/lib/errors.ts";
import { formatGoDuration } from "../../../../src/lib/go-duration.ts";
import { fakeSink } from "../fake-environment.ts";

const plain = createPainter({ env: {}, argv: [] }, fakeSink());

describe("amounts for people", () => {
  it("count() has thousands separators", () => {
    assert.deepEqual([0, 999, 1000, 12480, 1234567].map(count), [
      "0",
      "999",
      "1,000",
      "12,480",
      "1,234,567",
    ]);
    assert.equal(counted(1, "entry", "entries"), "1 entry");
    assert.equal(counted(2000, "object"), "2,000 objects");
  });

  it("size() is binary with three digits at most", () => {
    const sizes = [0, 512, 1023, 1024, 1536, 102_400, 1_048_064, 1_048_576, 4_300_000, 5e12];
    assert.deepEqual(sizes.map(size), [
      "0 B",
      "512 B",
      "1023 B",
      "1.0 KiB",
      "1.5 KiB",
      "100 KiB",
      "1.0 MiB",
      "1.0 MiB",
      "4.1 MiB",
      "4.5 TiB",
    ]);
  });

  it("span() has the two units that matter", () => {
    const spans = [0, 400, 1_949, 12_400, 59_600, 200_000, 3_600_000, 18_120_000, 2_520_000_000];
    assert.deepEqual(spans.map(span), [
      "0.0 s",
      "0.4 s",
      "1.9 s",
      "12 s",
      "1 min",
      "3 min 20 s",
      "1 h",
      "5 h 2 min",
      "29 d 4 h",
    ]);
    assert.equal(formatGoDuration(0), "0s");
  });
});

describe("localTime() and localStamp()", () => {
  it("name the zone as people there do", () => {
    const at = "2026-11-20T13:02:11Z";
    assert.equal(localTime(at, { timeZone: "Europe/Berlin" }), "2026-11-20 14:02:11 CET");
    assert.equal(localTime(at, { timeZone: "America/New_York" }), "2026-11-20 08:02:11 EST");
    assert.equal(localTime(at, { timeZone: "UTC" }), "2026-11-20 13:02:11 UTC");
    assert.match(localTime(at, { timeZone: "Asia/Kathmandu" }), /^2026-11-20 18:47:11 GMT\+5:45$/);
    assert.equal(
      localTime("2026-11-20T23:00:00Z", { timeZone: "Europe/Berlin" }),
      "2026-11-21 00:00:00 CET",
    );
  });

  it("answer - for what is no time", () => {
    assert.deepEqual(
      [undefined, null, "", "soon"].map((text) => localTime(text)),
      ["-", "-", "-", "-"],
    );
  });

  it("stamp in local time", () => {
    assert.equal(
      localStamp(new Date("2026-11-20T23:00:05Z"), { timeZone: "Europe/Berlin" }),
      "20261121000005",
    );
  });
});

describe("renderTable()", () => {
  it("aligns by width on screen and leaves no blanks at the end", () => {
    const text = renderTable(
      [
        { title: "NAME", cell: (row: readonly [string, string]) => row[0] },
        { title: "N", cell: (row) => row[1], align: "right" },
        { title: "LAST", cell: () => "" },
      ],
      [
        ["日本", "1"],
        ["abcdef", "1,000"],
      ],
    );
    assert.equal(text, "NAME         N   LAST\n日本         1\nabcdef   1,000\n");
  });

  it("keeps a row on one line", () => {
    assert.equal(renderTable([{ title: "A", cell: (row: string) => row }], ["x\n y"]), "A\nx y\n");
  });
});

describe("renderDescription()", () => {
  it("aligns keys that follow each other, and hangs further lines", () => {
    assert.equal(
      renderDescription([
        { key: "A", value: "1\n2" },
        { key: "Longer", value: "" },
        "",
        { key: "B", value: "3" },
      ]),
      "A:       1\n         2\nLonger:\n\nB:  3\n",
    );
  });
});

const sealed = (name: string, status: Backup["status"]): BackupListing => ({
  name,
  state: "sealed",
  backup: {
    apiVersion: "velero.io/v1",
    kind: "Backup",
    metadata: { name, annotations: { "velero.io/source-cluster-k8s-gitversion": "v1.34.4" } },
    spec: {},
    status,
  },
  manifest: {
    cluster: { id: "ff9215f3-16bc", idSource: "kube-system-uid", gitVersion: "v1.34.4" },
    objects: 15_329,
    archiveBytes: 1,
    engineVersion: "0",
  },
});

const half = (name: string, outcome: RunOutcome): BackupListing => ({
  name,
  state: "interrupted",
  run: { name, startedAt: "2026-11-20T02:00:00Z", outcome },
});

describe("renderBackupTable()", () => {
  const now = new Date("2026-11-21T00:00:00Z");
  const style = { location: "lab", now, painter: plain, timeZone: "UTC" };

  it("shows backups, interrupted runs and what cannot be read", () => {
    const text = renderBackupTable(
      [
        sealed("nightly", {
          phase: "PartiallyFailed",
          errors: 1,
          warnings: 2,
          startTimestamp: "2026-11-20T01:00:00Z",
          expiration: "2026-12-20T01:00:00Z",
        }),
        half("half", "open"),
        half("now", "running"),
        half("over", "cancelled"),
        {
          name: "odd",
          state: "unreadable",
          error: new ArkError("ARK_BACKUP_DAMAGED", "its seal is cut"),
        },
      ],
      style,
    );
    assert.equal(
      text,
      `NAME      STATUS            ERRORS   WARNINGS   CREATED                   EXPIRES   LOCATION   CLUSTER            OBJECTS
nightly   PartiallyFailed        1          2   2026-11-20 01:00:00 UTC   29d       lab        ff9215f3 v1.34.4    15,329
half      Interrupted            -          -   2026-11-20 02:00:00 UTC   -         lab        -                        -
now       InProgress             -          -   2026-11-20 02:00:00 UTC   -         lab        -                        -
over      Cancelled              -          -   2026-11-20 02:00:00 UTC   -         lab        -                        -
odd       Unreadable             -          -   -                         -         lab        -                        -

1 entry could not be read:
  odd: its seal is cut

2 entries are no backup: the run ended before the seal, or goes on elsewhere. What it says of itself: ark-ts backup describe NAME. To clear what a dead run left: ark-ts backup discard NAME
`,
    );
  });

  it("says when there is none", () => {
    assert.equal(renderBackupTable([], style), "no backups in lab\n");
  });

  it("expiry() is short", () => {
    const at = (ms: number) => new Date(now.getTime() + ms).toISOString();
    assert.equal(expiry(at(29.5 * 86_400_000), now), "29d");
    assert.equal(expiry(at(5 * 3_600_000), now), "5h");
    assert.equal(expiry(at(-90 * 60_000), now), "90m ago");
    assert.equal(expiry(undefined, now), "n/a");
  });
});

describe("stampedNameOrder()", () => {
  it("orders by name, and names with a stamp newest first", () => {
    const names = ["b", "a-20260101000000", "a-20260201000000", "a"];
    assert.deepEqual(names.sort(stampedNameOrder), [
      "a",
      "a-20260201000000",
      "a-20260101000000",
      "b",
    ]);
  });
});
