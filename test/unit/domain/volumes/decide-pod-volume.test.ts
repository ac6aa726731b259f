import { aPod, csiSource } from "./volume-objects.ts";
import { describeRows, inline, nfs, optIn, optOut, policy, type Row } from "./volume-rows.ts";

const rows: readonly Row[] = [
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

describeRows("a volume of a pod", rows);
