import { busyboxPod } from "./busybox-pod.ts";
import { csi } from "./shared-node.ts";

/** A claim `data` of the node's CSI driver, and pod `db` that has it at /data. */
export function csiApplication(
  namespace: string,
  annotations: Readonly<Record<string, string>> = {},
): readonly [claim: object, pod: object] {
  const claim = {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "data", namespace, labels: { app: "db" } },
    spec: {
      accessModes: ["ReadWriteOnce"],
      storageClassName: csi.lateClass,
      resources: { requests: { storage: "1Gi" } },
    },
  };
  const pod = busyboxPod({ namespace, name: "db" }, { annotations });
  const volumes = [{ name: "data", persistentVolumeClaim: { claimName: "data" } }];
  return [claim, { ...pod, spec: { ...pod.spec, volumes } }];
}
