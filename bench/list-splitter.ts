/** How fast LIST bodies are cut and read, net of any transport: `sh test/bootstrap.sh bench/list-splitter.ts`. */
import { randomBytes } from "node:crypto";
import { createListSplitter } from "../src/adapters/kube/list-splitter.ts";

const chunkBytes = 64 * 1024;

function configMap(index: number): string {
  const data = randomBytes(1150).toString("base64");
  return `{"metadata":{"name":"object-${index}","namespace":"space-${index % 20}","uid":"0f8fad5b-d9cb-469f-a165-70867728950e","resourceVersion":"${1000 + index}","creationTimestamp":"2026-01-01T00:00:00Z","labels":{"app":"web","tier":"front"},"managedFields":[{"manager":"kubectl","operation":"Update","apiVersion":"v1","time":"2026-01-01T00:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:data":{".":{},"f:payload":{}}}}]},"data":{"payload":"${data}"}}`;
}

function pod(index: number): string {
  const env = Array.from({ length: 12 }, (_, n) => `{"name":"VARIABLE_${n}","value":"value ${n}"}`);
  return `{"metadata":{"name":"pod-${index}","namespace":"space-${index % 20}","uid":"0f8fad5b-d9cb-469f-a165-70867728950e","resourceVersion":"${index}","generation":1,"creationTimestamp":"2026-01-01T00:00:00Z","labels":{"app":"web"},"annotations":{"kubectl.kubernetes.io/last-applied-configuration":${JSON.stringify(JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name: "x" }, spec: { a: [1, 2, 3] } }))}}},"spec":{"containers":[{"name":"main","image":"registry.example/app:1","env":[${env.join(",")}],"resources":{"limits":{"cpu":"1","memory":"1Gi"}},"terminationMessagePath":"/dev/termination-log","imagePullPolicy":"Always"}],"restartPolicy":"Always","terminationGracePeriodSeconds":30},"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True","lastProbeTime":null,"lastTransitionTime":"2026-01-01T00:00:00Z"}]}}`;
}

function listOf(item: (index: number) => string, count: number): Buffer {
  const items = Array.from({ length: count }, (_, index) => item(index)).join(",");
  return Buffer.from(
    `{"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[${items}]}\n`,
  );
}

function cut(body: Buffer, chunkSize: number): number {
  const splitter = createListSplitter({ kind: "ConfigMap", apiVersion: "v1", what: "things" });
  let count = 0;
  for (let offset = 0; offset < body.length; offset += chunkSize) {
    count += splitter.push([body.subarray(offset, offset + chunkSize)]).length;
  }
  return count + splitter.flush().length;
}

function measure(name: string, body: Buffer, chunkSize: number): void {
  cut(body, chunkSize);
  const times = Array.from({ length: 7 }, () => {
    const start = performance.now();
    cut(body, chunkSize);
    return performance.now() - start;
  }).sort((a, b) => a - b);
  const median = times[3] as number;
  const count = cut(body, chunkSize);
  console.log(
    `${name.padEnd(28)} ${(body.length / 1e3 / median).toFixed(0).padStart(5)} MB/s ${((count / median) * 1000).toFixed(0).padStart(8)} objects/s  (${(body.length / count).toFixed(0)} bytes each)`,
  );
}

const configMaps = listOf(configMap, 20_000);
const pods = listOf(pod, 20_000);
measure("ConfigMaps, 64 KiB chunks", configMaps, chunkBytes);
measure("ConfigMaps, 4 KiB chunks", configMaps, 4096);
measure("Pods, 64 KiB chunks", pods, chunkBytes);
measure("Pods, 4 KiB chunks", pods, 4096);
