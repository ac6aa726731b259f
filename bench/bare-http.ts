/** The least client that can be: one pool of connections, bytes in and bytes out. */
import { readFileSync } from "node:fs";
import { load } from "js-yaml";
import { Agent, type Dispatcher } from "undici";

export interface DrainedPage {
  readonly bytes: number;
  /** The first and the last kilobyte: where the envelope of a list stands. */
  readonly edges: string;
}

export interface BareHttp {
  drain(path: string): Promise<DrainedPage>;
  read(path: string): Promise<unknown>;
  /** Throws unless the answer is 2xx. */
  write(method: "POST" | "PATCH", path: string, body: Buffer, contentType: string): Promise<void>;
  close(): Promise<void>;
}

interface TestbedKubeconfig {
  readonly clusters: readonly [{ readonly cluster: Readonly<Record<string, string>> }];
  readonly users: readonly [{ readonly user: Readonly<Record<string, string>> }];
}

const edgeBytes = 1024;

/** For kubeconfigs of the testbed: one cluster, one user with a certificate. */
export function openBareHttp(kubeconfigPath: string): BareHttp {
  const config = load(readFileSync(kubeconfigPath, "utf8")) as TestbedKubeconfig;
  const { cluster } = config.clusters[0];
  const { user } = config.users[0];
  const pem = (text: string | undefined): Buffer => Buffer.from(text ?? "", "base64");
  const agent = new Agent({
    allowH2: false,
    connections: 64,
    connect: {
      ca: pem(cluster["certificate-authority-data"]),
      cert: pem(user["client-certificate-data"]),
      key: pem(user["client-key-data"]),
    },
  });
  const origin = cluster["server"] ?? "";
  const open = async (options: Omit<Dispatcher.RequestOptions, "origin">) => {
    const answer = await agent.request({ ...options, origin });
    if (answer.statusCode < 300) return answer;
    const text = (await answer.body.text()).slice(0, 500);
    throw new Error(`${options.method} ${options.path}: ${answer.statusCode} ${text}`);
  };
  return {
    async drain(path) {
      const { body } = await open({ method: "GET", path });
      let bytes = 0;
      let head = "";
      let last: Buffer = Buffer.alloc(0);
      for await (const chunk of body as AsyncIterable<Buffer>) {
        if (bytes < edgeBytes) head += chunk.toString("latin1", 0, edgeBytes);
        bytes += chunk.length;
        last =
          chunk.length >= edgeBytes ? chunk : Buffer.concat([last.subarray(-edgeBytes), chunk]);
      }
      return { bytes, edges: head + last.toString("latin1", Math.max(0, last.length - edgeBytes)) };
    },
    read: async (path) => (await open({ method: "GET", path })).body.json(),
    async write(method, path, body, contentType) {
      const answer = await open({ method, path, body, headers: { "content-type": contentType } });
      await answer.body.dump();
    },
    close: () => agent.close(),
  };
}
