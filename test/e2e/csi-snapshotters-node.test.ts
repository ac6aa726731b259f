/** The contract that the double of external-snapshotter keeps, on the real one. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describeGroups } from "../contract/group-snapshots.ts";
import { describeSnapshotters } from "../contract/snapshot-controller.ts";
import { connect, createNamespace } from "../support/real-cluster.ts";
import { csi, csiDataFolder, sharedNode, whyNoSharedNode } from "../support/shared-node.ts";
import { uniqueNamespace } from "../support/shared-testbed.ts";
import { waitFor } from "../testbed/wait.ts";

const timeoutMs = 240_000;

const open = async () => {
  const node = await sharedNode();
  const connected = await connect(node.controlPlane.kubeconfig);
  const namespace = uniqueNamespace("snapshotters");
  const classes: string[] = [];
  await createNamespace(connected, namespace);
  const makeClaim = async (name: string, labels = {}): Promise<void> => {
    await node.apply({
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name, namespace, labels },
      spec: {
        accessModes: ["ReadWriteOnce"],
        storageClassName: csi.storageClass,
        resources: { requests: { storage: "1Gi" } },
      },
    });
    const bound = "--for=jsonpath={.status.phase}=Bound";
    await node.kubectl("wait", bound, `pvc/${name}`, "-n", namespace, "--timeout=240s");
  };
  return {
    cluster: connected.cluster,
    namespace,
    driver: csi.driver,
    makeClaim: (name: string) => makeClaim(name),
    makeMember: (name: string, group: string) => makeClaim(name, { group }),
    async makeGroupClass(parameters = {}) {
      const name = `${namespace}-${classes.length}`;
      await node.apply({
        apiVersion: "groupsnapshot.storage.k8s.io/v1",
        kind: "VolumeGroupSnapshotClass",
        metadata: { name },
        ...{ driver: csi.driver, deletionPolicy: "Delete", parameters },
      });
      classes.push(`volumegroupsnapshotclass/${name}`);
      return name;
    },
    async makeClass(deletionPolicy: "Delete" | "Retain", parameters = {}) {
      const name = `${namespace}-${classes.length}`;
      await node.apply({
        apiVersion: "snapshot.storage.k8s.io/v1",
        kind: "VolumeSnapshotClass",
        metadata: { name },
        ...{ driver: csi.driver, deletionPolicy, parameters },
      });
      classes.push(`volumesnapshotclass/${name}`);
      return name;
    },
    hasStored: async (handle: string) =>
      existsSync(join(csiDataFolder(node), "snapshots", `${handle}.json`)),
    until: (what: string, isSo: () => Promise<boolean>) =>
      waitFor(what, isSo, { timeoutMs }).then(() => undefined),
    async close() {
      await node.kubectl("delete", "namespace", namespace, "--timeout=240s");
      for (const name of classes) await node.kubectl("delete", name);
      await connected.cluster.close();
    },
  };
};

const skip = await whyNoSharedNode();
describeSnapshotters("external-snapshotter", open, { skip });
describeGroups("external-snapshotter", open, { skip });
