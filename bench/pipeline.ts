/**
 * The way of an object from the bytes of a LIST to the bytes of the archive, without any server:
 * `sh test/bootstrap.sh bench/pipeline.ts [OBJECTS]`. CPU time of the main thread and of zlib's.
 */
import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { createListSplitter } from "../src/adapters/kube/list-splitter.ts";
import { createArchiveWriter } from "../src/backup/archive-writer.ts";
import { createMemberBuilder, createRunBuffers } from "../src/backup/member-builder.ts";
import type { ObjectWriter } from "../src/backup/object-writer.ts";
import { createResourceListBuilder } from "../src/format/resource-list.ts";
import { hardData } from "../test/testbed/fill/bulk.ts";

const chunkBytes = 16 * 1024; // a TLS record
const perPage = 5000;
const kind = {
  group: "",
  version: "v1",
  resource: "configmaps",
  kind: "ConfigMap",
  namespaced: true,
  verbs: ["list"],
  subresources: [],
  shortNames: [],
  singular: "configmap",
  categories: [],
};

function configMap(index: number): string {
  const name = `bench-100000-${String(index).padStart(7, "0")}`;
  const managed = `{"manager":"unknown","operation":"Update","apiVersion":"v1","time":"2026-11-21T00:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:data":{".":{},"f:payload":{}},"f:metadata":{"f:labels":{".":{},"f:bulk":{}}}}}`;
  return `{"metadata":{"name":"${name}","namespace":"bench-100000-${index % 20}","uid":"${crypto.randomUUID()}","resourceVersion":"${10_000 + index}","creationTimestamp":"2026-11-21T00:00:00Z","labels":{"bulk":"bench-100000"},"managedFields":[${managed}]},"data":{"payload":"${hardData(name, 1748)}"}}`;
}

function page(): Buffer {
  const items = Array.from({ length: perPage }, (_, index) => configMap(index)).join(",");
  return Buffer.from(
    `{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[${items}]}\n`,
  );
}

function discard(): ObjectWriter {
  let sizeBytes = 0;
  return {
    get sizeBytes() {
      return sizeBytes;
    },
    unsent: () => undefined,
    paddingBefore: () => 0,
    append: async (bytes) => {
      sizeBytes += bytes.length;
    },
    finish: async () => ({ key: "", sizeBytes, parts: [] }),
    abort: async () => {},
  };
}

const objects = Number(process.argv[2] ?? 50_000);
const body = page();
const { signal } = new AbortController();
const archive = createArchiveWriter({
  archive: discard(),
  index: discard(),
  gzipLevel: Number(process.env["LEVEL"] ?? 6),
  formatVersion: "1.0.0",
  mtimeSeconds: 0,
  membersBefore: [],
  isWhole: false,
  onPlaced: () => undefined,
  onEnding: () => undefined,
});
const builder = createMemberBuilder(kind as never, {
  mtimeSeconds: 0,
  buffers: createRunBuffers(),
});
const names = createResourceListBuilder();
const started = performance.now();
const cpu = process.cpuUsage();
const main = process.threadCpuUsage();
for (let done = 0; done < objects; done += perPage) {
  const splitter = createListSplitter({ kind: "ConfigMap", apiVersion: "v1", what: "things" });
  for (let offset = 0; offset < body.length; offset += chunkBytes) {
    const chunk = Buffer.from(body.subarray(offset, offset + chunkBytes));
    for (const object of splitter.push([chunk])) {
      names.add("v1", "ConfigMap", object);
      const member = builder.add(object);
      if (member !== undefined) await archive.addMember(member, signal);
    }
  }
  splitter.flush();
}
const written = await archive.finish(signal);
const ms = (usage: NodeJS.CpuUsage): number => Math.round((usage.user + usage.system) / 1000);
const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
const all = ms(process.cpuUsage(cpu));
const own = ms(process.threadCpuUsage(main));
console.log(
  `${objects} objects: ${Math.round(performance.now() - started)} ms, CPU ${all} ms, of that main thread ${own} ms; ${(written.archive.sizeBytes / 2 ** 20).toFixed(0)} MiB; peak RSS ${(Number(peak) / 1024).toFixed(0)} MiB`,
);
