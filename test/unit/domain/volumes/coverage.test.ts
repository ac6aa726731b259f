import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { coverageOf } from "../../../../src/domain/volumes/coverage.ts";
import { decideVolumes } from "../../../../src/domain/volumes/decide-volumes.ts";
import { unknownAnnotatedVolumes } from "../../../../src/domain/volumes/fs-backup.ts";
import type { VolumeMethod } from "../../../../src/domain/volumes/volume-decision.ts";
import { aClaim, aPod, aVolume, claimNamed, settings } from "./volume-objects.ts";

const decisions = decideVolumes(
  {
    pods: [
      aPod(
        "web-0",
        { data: claimNamed("files"), cache: { emptyDir: {} }, logs: { hostPath: { path: "/x" } } },
        { annotations: { "backup.velero.io/backup-volumes": "data" } },
      ),
    ],
    claims: [aClaim("files"), aClaim("db")],
    volumes: [aVolume("files"), aVolume("db")],
  },
  settings(),
);
const cover = (...methods: readonly VolumeMethod[]) => coverageOf(decisions, new Set(methods));
const names = (list: readonly { readonly what: string }[]) => list.map(({ what }) => what);

describe("coverageOf()", () => {
  it("puts every volume into one list, with the reason", () => {
    const { protected: covered, leftOut, unprotected } = cover("fs-backup", "csi-snapshot");
    assert.deepEqual(
      covered.map(({ what, method, why }) => `${what}: ${method}: ${why}`),
      [
        "claim shop/files: fs-backup: file-system backup through pod web-0: backup.velero.io/backup-volumes of pod shop/web-0 names data",
        "claim shop/db: csi-snapshot: CSI snapshot: snapshots are taken where nothing else is said",
      ],
    );
    assert.deepEqual(names(leftOut), ["volume cache of pod shop/web-0"]);
    assert.deepEqual(names(unprotected), ["volume logs of pod shop/web-0"]);
  });

  it("calls unprotected what was decided and not carried out, and says what was", () => {
    const { protected: covered, unprotected } = cover("csi-snapshot");
    assert.deepEqual(names(covered), ["claim shop/db"]);
    assert.deepEqual(names(unprotected), ["claim shop/files", "volume logs of pod shop/web-0"]);
    assert.match(
      unprotected[0]!.why,
      /does not carry out .*file-system backup through pod web-0: /,
    );
  });

  it("loses none", () => {
    const { protected: covered, leftOut, unprotected } = cover();
    assert.equal(covered.length + leftOut.length + unprotected.length, decisions.length);
  });
});

describe("unknownAnnotatedVolumes()", () => {
  it("names volumes that the pod does not have", () => {
    const annotations = {
      "backup.velero.io/backup-volumes": "data, dta",
      "backup.velero.io/backup-volumes-excludes": "cahce",
    };
    const { facts } = aPod("p", { data: {}, cache: {} }, { annotations });
    assert.deepEqual(unknownAnnotatedVolumes(facts), [
      { annotation: "backup.velero.io/backup-volumes", volume: "dta" },
      { annotation: "backup.velero.io/backup-volumes-excludes", volume: "cahce" },
    ]);
  });
});
