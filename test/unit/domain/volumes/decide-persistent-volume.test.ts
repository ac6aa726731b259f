import { aVolume } from "./volume-objects.ts";
import { describeRows, nfs, policy, type Row } from "./volume-rows.ts";

const rows: readonly Row[] = [
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

describeRows("a persistent volume without a claim", rows);
