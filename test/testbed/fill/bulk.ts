import { createHash } from "node:crypto";
import type { KubeClient } from "../../support/kube-client.ts";

export interface BulkOptions {
  readonly objects: number;
  readonly sizeBytes: number;
  readonly namespaces: number;
  readonly kind: "configmaps" | "secrets";
  readonly prefix: string;
  readonly concurrency?: number;
  readonly onProgress?: (done: number) => void;
}

/** Data that compresses badly, the same in each run: base64 of a hash chain, about `sizeBytes` long. */
export function hardData(seed: string, sizeBytes: number): string {
  const bytes = Math.floor(sizeBytes / 4) * 3;
  const pieces: Buffer[] = [];
  for (let i = 0, length = 0; length < bytes; i++) {
    const piece = createHash("sha512").update(`${seed}/${i}`).digest();
    pieces.push(piece);
    length += piece.length;
  }
  return Buffer.concat(pieces).subarray(0, bytes).toString("base64");
}

export const bulkNamespace = (options: BulkOptions, index: number): string =>
  `${options.prefix}-${index % options.namespaces}`;

/** Creates N objects over M namespaces. Existing ones are left, so that a broken fill can go on. */
export async function fillBulk(client: KubeClient, options: BulkOptions): Promise<void> {
  for (let i = 0; i < options.namespaces; i++) {
    const metadata = { name: bulkNamespace(options, i) };
    await create(client, "/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata });
  }
  let next = 0;
  let done = 0;
  const kind = options.kind === "secrets" ? "Secret" : "ConfigMap";
  const worker = async (): Promise<void> => {
    for (let i = next++; i < options.objects; i = next++) {
      const name = `${options.prefix}-${String(i).padStart(7, "0")}`;
      const data = { payload: hardData(name, Math.max(4, options.sizeBytes - 300)) };
      const body = {
        apiVersion: "v1",
        kind,
        metadata: { name, labels: { bulk: options.prefix } },
        data,
      };
      await create(client, `/api/v1/namespaces/${bulkNamespace(options, i)}/${options.kind}`, body);
      if (++done % 1000 === 0) options.onProgress?.(done);
    }
  };
  await Promise.all(Array.from({ length: options.concurrency ?? 48 }, worker));
}

async function create(client: KubeClient, path: string, body: object): Promise<void> {
  const answer = await client.send("POST", path, JSON.stringify(body));
  if (answer.status >= 300 && answer.status !== 409) {
    throw new Error(`POST ${path}: ${answer.status} ${answer.body.toString().slice(0, 500)}`);
  }
}
