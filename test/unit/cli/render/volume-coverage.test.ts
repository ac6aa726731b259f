import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BackupReport } from "../../../../src/backup/backup-run.ts";
import { renderBackupReport } from "../../../../src/cli/render/backup-report.ts";
import { createPainter } from "../../../../src/cli/render/painter.ts";
import { coverageText } from "../../../../src/cli/render/volume-coverage.ts";
import type { VolumeRecord } from "../../../../src/format/volume-coverage.ts";
import { decodeVolumes, encodeVolumes } from "../../../../src/format/volume-coverage.ts";
import { hasCode } from "../../../../src/lib/errors.ts";
import { fakeSink } from "../fake-environment.ts";

const painter = createPainter({ env: {}, argv: [] }, fakeSink());
const claim = (name: string, state: VolumeRecord["state"]): VolumeRecord => ({
  ...{ kind: "claim", namespace: "shop", name, state },
  ...{ by: "policy", rule: 1, why: `rule ${name}` },
});

describe("the coverage of volumes in a report", () => {
  const volumes = [claim("cache", "left-out"), claim("data", "unprotected")];
  const report = (severity: "warning" | "error"): BackupReport => ({
    backup: {
      ...{ apiVersion: "velero.io/v1", kind: "Backup" },
      ...{ metadata: { name: "b" }, spec: {}, status: { phase: "Completed" } },
    },
    manifest: { kinds: [], cuts: [] } as unknown as NonNullable<BackupReport["manifest"]>,
    findings: [{ severity, code: "ARK_VOLUME_UNPROTECTED", message: "1 volume" }],
    ...{ volumes, objects: 2, kindsListed: 1, kindsInScope: 1, archiveBytes: 1, durationMs: 1 },
  });

  it("says aloud which volumes are not protected, once", () => {
    const text = renderBackupReport(report("warning"), painter);
    const line =
      /\n {2}volumes {3}2 volumes: 1 NOT PROTECTED, 1 left out\n {12}claim shop\/data: rule data\n/;
    assert.match(text, line);
    assert.doesNotMatch(text, /ARK_VOLUME_UNPROTECTED/);
  });

  it("tells an error besides", () => {
    assert.match(renderBackupReport(report("error"), painter), /ARK_VOLUME_UNPROTECTED/);
  });

  it("names five, and all where all are asked for", () => {
    const many = Array.from({ length: 7 }, (_, at) => claim(`c${at}`, "unprotected"));
    assert.match(coverageText(many, false) ?? "", /c4: rule c4\nand 2 more that nothing protects$/);
    assert.match(coverageText(volumes, true) ?? "", /claim shop\/cache: left out, rule cache$/);
    assert.equal(coverageText([], true), undefined);
  });

  it("is what was written", async () => {
    assert.deepEqual(await decodeVolumes(await encodeVolumes(volumes), "f"), volumes);
    const odd = { ...claim("x", "left-out"), state: "half" } as unknown as VolumeRecord;
    await assert.rejects(decodeVolumes(await encodeVolumes([odd]), "f"), (error) =>
      hasCode(error, "ARK_BACKUP_FORMAT"),
    );
  });
});
