import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { VolumePolicy } from "../../../../src/domain/policies/resource-policies.ts";
import { decideVolumes } from "../../../../src/domain/volumes/decide-volumes.ts";
import type { VolumeDecision } from "../../../../src/domain/volumes/volume-decision.ts";
import type { VolumeInput } from "../../../../src/domain/volumes/volume-input.ts";
import { aClaim, aPod, aVolume, claimNamed, csiSource, settings } from "./volume-objects.ts";

const optIn = { "backup.velero.io/backup-volumes": "v" };
const optOut = { "backup.velero.io/backup-volumes-excludes": "v" };
const policy = (type: VolumePolicy["action"]["type"], conditions = {}): readonly VolumePolicy[] => [
  { conditions: { storageClass: ["other"] }, action: { type: "skip" } },
  { conditions, action: { type } },
];
const nfs = { nfs: { server: "s", path: "/p" } };

interface Row {
  /** The sentence of velero-features 3.7, or of the source where that decides. */
  readonly says: string;
  readonly input: Partial<VolumeInput>;
  readonly with?: Parameters<typeof settings>[0];
  /** `state`, then `/method` and ` through pod.volume`; by what; a piece of the reason. */
  readonly is: string;
  readonly by: VolumeDecision["reason"]["by"];
  readonly text?: RegExp;
}

const bound = { claims: [aClaim("c")], volumes: [aVolume("c")] };
const used = (annotations = {}) => ({
  ...bound,
  pods: [aPod("p", { v: claimNamed("c") }, { annotations })],
});
const inline = (source: Readonly<Record<string, unknown>>, annotations = {}) => ({
  pods: [aPod("p", { v: source }, { annotations })],
});

/** Order of authority: filters, policy, annotations with their default, snapshotVolumes. */
const claimRows: readonly Row[] = [
  {
    says: "include/exclude filters come first",
    input: {
      ...used(),
      claims: [{ ...aClaim("c"), leftOutBy: "excluded by the filter" }],
      volumes: [{ ...aVolume("c"), leftOutBy: "excluded by the filter" }],
    },
    with: { policies: policy("snapshot") },
    is: "left-out",
    by: "filter",
    text: /excluded by the filter/,
  },
  {
    says: "a policy comes before annotations",
    input: used(optIn),
    with: { policies: policy("snapshot") },
    is: "protected/csi-snapshot",
    by: "policy",
    text: /volumePolicies\[1\] \(every volume: snapshot\)/,
  },
  {
    says: "snapshot by policy regardless of snapshotVolumes",
    input: used(),
    with: { policies: policy("snapshot"), snapshotVolumes: false },
    is: "protected/csi-snapshot",
    by: "policy",
  },
  {
    says: "a policy with another action: no snapshot",
    input: used(),
    with: { policies: policy("skip"), snapshotVolumes: true },
    is: "left-out",
    by: "policy",
  },
  {
    says: "custom: nothing is done but by a plugin",
    input: used(optIn),
    with: { policies: policy("custom"), snapshotVolumes: true },
    is: "protected/custom",
    by: "policy",
  },
  {
    says: "fs-backup by policy through a pod that mounts it",
    input: used(optOut),
    with: { policies: policy("fs-backup"), defaultVolumesToFsBackup: true },
    is: "protected/fs-backup through p.v",
    by: "policy",
  },
  {
    says: "fs-backup by policy without a pod",
    input: bound,
    with: { policies: policy("fs-backup") },
    is: "unprotected",
    by: "policy",
    text: /but no pod uses it/,
  },
  {
    says: "a policy that does not match decides nothing",
    input: used(optIn),
    with: { policies: policy("skip", { storageClass: ["gp2"] }) },
    is: "protected/fs-backup through p.v",
    by: "annotation",
  },
  {
    says: "conditions see the volume and its claim together",
    input: { ...bound, claims: [aClaim("c", { labels: { tier: "db" } })] },
    with: {
      policies: policy("skip", {
        pvcLabels: { tier: "db" },
        storageClass: ["gp3"],
        capacity: "10Gi,",
        csi: {},
      }),
    },
    is: "left-out",
    by: "policy",
  },
  {
    says: "an unbound claim without a policy: Velero errs, here it is unprotected",
    input: {
      claims: [aClaim("c", { phase: "Pending" })],
      pods: [aPod("p", { v: claimNamed("c") }, { annotations: optIn })],
    },
    is: "unprotected",
    by: "volume",
    text: /the claim is Pending: it has no volume/,
  },
  {
    says: "an unbound claim is skipped by pvcPhase",
    input: { claims: [aClaim("c", { phase: "Lost" })] },
    with: { policies: policy("skip", { pvcPhase: ["Pending", "Lost"] }) },
    is: "left-out",
    by: "policy",
  },
  {
    says: "an unbound claim can match conditions of claims only",
    input: { claims: [aClaim("c", { phase: "Pending" })], volumes: [aVolume("c")] },
    with: { policies: policy("skip", { csi: {} }) },
    is: "unprotected",
    by: "volume",
  },
  {
    says: "snapshot by policy of a claim without volume",
    input: { claims: [aClaim("c", { phase: "Pending" })] },
    with: { policies: policy("snapshot") },
    is: "unprotected",
    by: "policy",
    text: /but the claim is Pending/,
  },
  {
    says: "a bound claim whose volume is gone",
    input: { claims: [aClaim("c")] },
    is: "unprotected",
    by: "volume",
    text: /persistent volume pv-c is not there/,
  },
  {
    says: "opt-in: only volumes named in backup-volumes",
    input: used(optIn),
    is: "protected/fs-backup through p.v",
    by: "annotation",
    text: /backup\.velero\.io\/backup-volumes of pod shop\/p names v/,
  },
  {
    says: "opt-in by name among others, with blanks",
    input: used({ "backup.velero.io/backup-volumes": "other, v ,x" }),
    is: "protected/fs-backup through p.v",
    by: "annotation",
  },
  {
    says: "opt-in of another volume",
    input: used({ "backup.velero.io/backup-volumes": "vv" }),
    is: "protected/csi-snapshot",
    by: "default",
  },
  {
    says: "the opt-out annotation has no meaning in opt-in mode",
    input: used({ ...optIn, ...optOut }),
    is: "protected/fs-backup through p.v",
    by: "annotation",
  },
  {
    says: "opt-out: all but those named in backup-volumes-excludes",
    input: used(),
    with: { defaultVolumesToFsBackup: true },
    is: "protected/fs-backup through p.v",
    by: "flag",
    text: /--default-volumes-to-fs-backup/,
  },
  {
    says: "opt-out of the volume: a snapshot instead",
    input: used(optOut),
    with: { defaultVolumesToFsBackup: true },
    is: "protected/csi-snapshot",
    by: "default",
  },
  {
    says: "opt-out of the volume, and no snapshots either",
    input: used(optOut),
    with: { defaultVolumesToFsBackup: true, snapshotVolumes: false },
    is: "left-out",
    by: "annotation",
    text: /backup-volumes-excludes of pod shop\/p names v/,
  },
  {
    says: "once some pod selects it for fs-backup there is no snapshot",
    input: {
      ...bound,
      pods: [
        aPod("q", { w: claimNamed("c") }),
        aPod("p", { v: claimNamed("c") }, { annotations: optIn }),
      ],
    },
    with: { snapshotVolumes: true },
    is: "protected/fs-backup through p.v",
    by: "annotation",
  },
  {
    says: "no snapshot either when the selecting pod does not run",
    input: {
      ...bound,
      pods: [aPod("p", { v: claimNamed("c") }, { annotations: optIn, phase: "Succeeded" })],
    },
    is: "unprotected",
    by: "annotation",
    text: /pod shop\/p is Succeeded, and only a running pod.*no snapshot is taken either/,
  },
  {
    says: "a claim is taken once, through the first pod that can",
    input: {
      ...bound,
      pods: [
        aPod("done", { v: claimNamed("c") }, { phase: "Succeeded" }),
        aPod("p", { v: claimNamed("c") }),
        aPod("q", { v: claimNamed("c") }),
      ],
    },
    with: { defaultVolumesToFsBackup: true },
    is: "protected/fs-backup through p.v",
    by: "flag",
  },
  {
    says: "fs-backup needs the pod in the backup",
    input: {
      ...bound,
      pods: [{ ...aPod("p", { v: claimNamed("c") }), leftOutBy: "pods are excluded" }],
    },
    with: { policies: policy("fs-backup") },
    is: "unprotected",
    by: "policy",
    text: /pod shop\/p is not in the backup \(pods are excluded\)/,
  },
  {
    says: "fs-backup does not read block devices",
    input: {
      ...bound,
      pods: [aPod("p", { v: claimNamed("c") }, { container: { volumeDevices: [{ name: "v" }] } })],
    },
    with: { policies: policy("fs-backup") },
    is: "unprotected",
    by: "policy",
    text: /block device/,
  },
  {
    says: "fs-backup needs a container that mounts it",
    input: { ...bound, pods: [aPod("p", { v: claimNamed("c") }, { container: {} })] },
    with: { defaultVolumesToFsBackup: true },
    is: "unprotected",
    by: "flag",
    text: /no container of pod shop\/p mounts it/,
  },
  {
    says: "fs-backup needs a pod on a node",
    input: {
      ...bound,
      pods: [aPod("p", { v: claimNamed("c") }, { nodeName: "", phase: "Pending" })],
    },
    with: { defaultVolumesToFsBackup: true },
    is: "unprotected",
    by: "flag",
    text: /is Pending/,
  },
  {
    says: "never a hostPath, be it behind a claim",
    input: { ...used(), volumes: [aVolume("c", { hostPath: { path: "/x" } })] },
    with: { defaultVolumesToFsBackup: true },
    is: "unprotected",
    by: "flag",
    text: /it is a hostPath/,
  },
  {
    says: "snapshots where nothing is said",
    input: bound,
    is: "protected/csi-snapshot",
    by: "default",
  },
  {
    says: "snapshotVolumes=true says it",
    input: bound,
    with: { snapshotVolumes: true },
    is: "protected/csi-snapshot",
    by: "flag",
    text: /^--snapshot-volumes$/,
  },
  {
    says: "snapshotVolumes=false",
    input: used(),
    with: { snapshotVolumes: false },
    is: "unprotected",
    by: "flag",
    text: /--snapshot-volumes=false/,
  },
  {
    says: "snapshotMoveData moves CSI snapshots",
    input: bound,
    with: { snapshotMoveData: true },
    is: "protected/data-mover",
    by: "default",
  },
  {
    says: "what is not of CSI has a native snapshot, which cannot be moved",
    input: { ...bound, volumes: [aVolume("c", { gcePersistentDisk: { pdName: "d" } })] },
    with: { snapshotMoveData: true },
    is: "protected/native-snapshot",
    by: "default",
  },
  {
    says: "no snapshot class for the driver",
    input: bound,
    with: { snapshotDrivers: new Set(["other"]), policies: policy("snapshot") },
    is: "unprotected",
    by: "volume",
    text: /no snapshot class for driver ebs\.csi\.aws\.com \(volumePolicies\[1\]/,
  },
  {
    says: "no applicable snapshotter",
    input: { ...bound, volumes: [aVolume("c", nfs)] },
    with: { snapshotTypes: new Set(["awsElasticBlockStore"]) },
    is: "unprotected",
    by: "volume",
    text: /no volume snapshotter knows volumes of type nfs/,
  },
];

const podVolumeRows: readonly Row[] = [
  {
    says: "opt-in",
    input: inline({ emptyDir: {} }, optIn),
    is: "protected/fs-backup through p.v",
    by: "annotation",
  },
  {
    says: "not opted in, and ends with its pod",
    input: inline({ emptyDir: {} }),
    is: "left-out",
    by: "volume",
    text: /emptyDir ends with its pod/,
  },
  {
    says: "not opted in, and lasts",
    input: inline(nfs),
    is: "unprotected",
    by: "default",
    text: /backup-volumes of pod shop\/p does not name v/,
  },
  {
    says: "opt-out mode takes it",
    input: inline(nfs),
    with: { defaultVolumesToFsBackup: true },
    is: "protected/fs-backup through p.v",
    by: "flag",
  },
  {
    says: "opted out",
    input: inline(nfs, optOut),
    with: { defaultVolumesToFsBackup: true },
    is: "left-out",
    by: "annotation",
  },
  {
    says: "never a hostPath, whoever asks",
    input: inline({ hostPath: { path: "/x" } }, optIn),
    is: "unprotected",
    by: "annotation",
    text: /it is a hostPath/,
  },
  {
    says: "a hostPath nobody asks for is unprotected as well",
    input: inline({ hostPath: { path: "/x" } }),
    is: "unprotected",
    by: "default",
  },
  {
    says: "a hostPath that a policy skips",
    input: inline({ hostPath: { path: "/x" } }),
    with: { policies: policy("skip", { volumeTypes: ["hostPath"] }) },
    is: "left-out",
    by: "policy",
  },
  {
    says: "capacity and class of an inline volume are 0 and empty",
    input: inline(nfs),
    with: { policies: policy("fs-backup", { capacity: ",1Gi" }) },
    is: "protected/fs-backup through p.v",
    by: "policy",
  },
  {
    says: "policy before annotation",
    input: inline(nfs, optIn),
    with: { policies: policy("skip", { nfs: { server: "s" } }) },
    is: "left-out",
    by: "policy",
  },
  {
    says: "an inline volume cannot be snapshotted",
    input: inline(csiSource),
    with: { policies: policy("snapshot", { csi: {} }) },
    is: "unprotected",
    by: "policy",
    text: /only the volume of a claim/,
  },
  {
    says: "custom",
    input: inline(nfs),
    with: { policies: policy("custom") },
    is: "protected/custom",
    by: "policy",
  },
  {
    says: "a policy cannot make a pod run",
    input: { pods: [aPod("p", { v: nfs }, { phase: "Failed" })] },
    with: { policies: policy("fs-backup") },
    is: "unprotected",
    by: "policy",
    text: /is Failed/,
  },
  {
    says: "filters come first",
    input: { pods: [{ ...aPod("p", { v: nfs }), leftOutBy: "opted out by label" }] },
    with: { policies: policy("fs-backup") },
    is: "left-out",
    by: "filter",
  },
];

const persistentVolumeRows: readonly Row[] = [
  {
    says: "without a claim: a native snapshot",
    input: { volumes: [aVolume("gone", { awsElasticBlockStore: { volumeID: "v" } })] },
    is: "protected/native-snapshot",
    by: "default",
  },
  {
    says: "of CSI without a claim: none",
    input: { volumes: [aVolume("gone")] },
    is: "unprotected",
    by: "volume",
    text: /through a claim/,
  },
  {
    says: "by policy",
    input: { volumes: [aVolume("gone", { awsElasticBlockStore: {} })] },
    with: { policies: policy("snapshot"), snapshotVolumes: false },
    is: "protected/native-snapshot",
    by: "policy",
  },
  {
    says: "skipped by policy",
    input: { volumes: [aVolume("gone", nfs)] },
    with: { policies: policy("skip", { nfs: {} }) },
    is: "left-out",
    by: "policy",
  },
  {
    says: "snapshotVolumes=false",
    input: { volumes: [aVolume("gone", nfs)] },
    with: { snapshotVolumes: false },
    is: "unprotected",
    by: "flag",
  },
  {
    says: "fs-backup needs a pod",
    input: { volumes: [aVolume("gone", nfs)] },
    with: { policies: policy("fs-backup") },
    is: "unprotected",
    by: "policy",
    text: /no pod uses it/,
  },
];

function decide(input: Partial<VolumeInput>, how: Row["with"] = {}): readonly VolumeDecision[] {
  return decideVolumes({ pods: [], claims: [], volumes: [], ...input }, settings(how));
}

function shown({ outcome }: VolumeDecision): string {
  if (outcome.state !== "protected") return outcome.state;
  const { method, through } = outcome;
  return `protected/${method}${through === undefined ? "" : ` through ${through.pod}.${through.volume}`}`;
}

describe("decideVolumes()", () => {
  const groups = { claim: claimRows, "pod volume": podVolumeRows, volume: persistentVolumeRows };
  for (const [name, rows] of Object.entries(groups)) {
    for (const row of rows) {
      it(`${name}: ${row.says}: ${row.is}`, () => {
        const decisions = decide(row.input, row.with);
        assert.equal(decisions.length, 1);
        const [decision] = decisions;
        assert.equal(shown(decision!), row.is, decision!.reason.text);
        assert.equal(decision!.reason.by, row.by);
        if (row.text !== undefined) assert.match(decision!.reason.text, row.text);
      });
    }
  }

  for (const source of ["secret", "configMap", "projected", "downwardAPI"]) {
    it(`says nothing of a ${source}: its data is in objects`, () => {
      assert.deepEqual(
        decide(inline({ [source]: {} }, optIn), { defaultVolumesToFsBackup: true }),
        [],
      );
    });
  }

  it("says nothing of a default-token volume", () => {
    const pods = [aPod("p", { "default-token-x": nfs })];
    assert.deepEqual(decide({ pods }, { defaultVolumesToFsBackup: true }), []);
  });

  it("says nothing of a volume that is not in the backup and whose claim is not either", () => {
    const volumes = [{ ...aVolume("gone"), leftOutBy: "only some namespaces are backed up" }];
    assert.deepEqual(decide({ volumes }), []);
  });

  it("names the rule by its index", () => {
    const [decision] = decide(used(), { policies: policy("skip") });
    assert.equal(decision?.reason.rule, 1);
  });

  it("does not mix claims of one name in two namespaces", () => {
    const other = aClaim("c", { phase: "Pending" });
    const elsewhere = { facts: { ...other.facts, namespace: "else" } };
    const decisions = decide({ ...used(optIn), claims: [elsewhere, aClaim("c")] });
    assert.deepEqual(decisions.map(shown), ["unprotected", "protected/fs-backup through p.v"]);
  });

  it("decides each claim and volume once, in the order of the input", () => {
    const decisions = decide({
      pods: [aPod("p", { a: claimNamed("c"), b: nfs, c: { secret: {} } })],
      claims: [aClaim("c"), aClaim("d")],
      volumes: [aVolume("c"), aVolume("d"), aVolume("e", nfs)],
    });
    assert.deepEqual(
      decisions.map(({ subject }) => Object.values(subject).join(" ")),
      ["claim shop c pv-c", "claim shop d pv-d", "pod-volume shop p b", "persistent-volume pv-e"],
    );
  });

  it("asks the rules once for each volume, however many pods use it", () => {
    const asked: string[] = [];
    const names = ["a", "b", "c"];
    decideVolumes(
      {
        pods: names.map((name) => aPod(name, { x: claimNamed("a"), y: claimNamed("b") })),
        claims: names.map((name) => aClaim(name)),
        volumes: names.map((name) => aVolume(name)),
      },
      { ...settings(), match: ({ type }) => void asked.push(type) },
    );
    assert.deepEqual(asked, ["csi", "csi", "csi"]);
  });
});
