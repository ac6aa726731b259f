import { nodeImages } from "./shared-node.ts";

interface PodTraits {
  readonly annotations?: object;
  readonly labels?: object;
  /** Fields of its one container, in place of those that it has here. */
  readonly container?: object;
}

/** A pod for the real node: busybox, told to sleep, with a folder of its own at /data. */
export function busyboxPod(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  { annotations = {}, labels = {}, container = {} }: PodTraits = {},
) {
  const main = {
    name: "main",
    image: nodeImages.busybox,
    imagePullPolicy: "Never",
    command: ["sh", "-c", "while :; do sleep 1; done"],
    volumeMounts: [{ name: "data", mountPath: "/data" }],
    ...container,
  };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, annotations, labels },
    spec: {
      terminationGracePeriodSeconds: 1,
      containers: [main],
      volumes: [{ name: "data", emptyDir: {} }],
    },
  };
}
