/** The contract that the double of external-snapshotter keeps, on the real one. */
import { existsSync } from "node:fs";
import { join } from "node:path";
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
  return {
    cluster: connected.cluster,
    namespace,
    driver: csi.driver,
    async makeClaim(name: string) {
      await node.apply({
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: { name, namespace },
        spec: {
          accessModes: ["ReadWriteOnce"],
          storageClassName: csi.storageClass,
          resources: { requests: { storage: "1Gi" } },
        },
      });
      const bound = "--for=jsonpath={.status.phase}=Bound";
      await node.kubectl("wait", bound, `pvc/${name}`, "-n", namespace, "--timeout=240s");
    },
    async makeClass(deletionPolicy: "Delete" | "Retain", parameters = {}) {
      const name = `${namespace}-${classes.length}`;
      await node.apply({
        apiVersion: "snapshot.storage.k8s.io/v1",
        kind: "VolumeSnapshotClass",
        metadata: { name },
        ...{ driver: csi.driver, deletionPolicy, parameters },
      });
      classes.push(name);
      return name;
    },
    hasStored: async (handle: string) =>
      existsSync(join(csiDataFolder(node), "snapshots", `${handle}.json`)),
    until: (what: string, isSo: () => Promise<boolean>) =>
      waitFor(what, isSo, { timeoutMs }).then(() => undefined),
    async close() {
      await node.kubectl("delete", "namespace", namespace, "--timeout=240s");
      for (const name of classes) await node.kubectl("delete", "volumesnapshotclass", name);
      await connected.cluster.close();
    },
  };
};

describeSnapshotters("external-snapshotter", open, { skip: await whyNoSharedNode() });
