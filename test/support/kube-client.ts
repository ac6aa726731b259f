/** A plain client for tests and the testbed: no code of the product is in it. */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { load } from "js-yaml";
import { Agent, request } from "undici";

export interface KubeAnswer {
  readonly status: number;
  readonly body: Buffer;
}

export interface KubeClient {
  readonly server: string;
  send(
    method: string,
    path: string,
    body?: string | Uint8Array,
    contentType?: string,
  ): Promise<KubeAnswer>;
  /** The body; throws with the server's words unless the status is 2xx. */
  demand(
    method: string,
    path: string,
    body?: string | Uint8Array,
    contentType?: string,
  ): Promise<Buffer>;
  /** Undefined when the server answers 404. */
  get(path: string): Promise<Buffer | undefined>;
  close(): Promise<void>;
}

interface Kubeconfig {
  readonly "current-context": string;
  readonly contexts: readonly {
    readonly name: string;
    readonly context: { readonly cluster: string; readonly user: string };
  }[];
  readonly clusters: readonly {
    readonly name: string;
    readonly cluster: Readonly<Record<string, string>>;
  }[];
  readonly users: readonly {
    readonly name: string;
    readonly user: Readonly<Record<string, string>>;
  }[];
}

/** What a kubeconfig with a client certificate says; PEM. */
export function readKubeconfig(kubeconfigPath: string) {
  const config = load(readFileSync(kubeconfigPath, "utf8")) as Kubeconfig;
  const context = config.contexts.find((one) => one.name === config["current-context"])!.context;
  const cluster = config.clusters.find((one) => one.name === context.cluster)!.cluster;
  const user = config.users.find((one) => one.name === context.user)!.user;
  const pem = (source: Readonly<Record<string, string>>, name: string): string | undefined => {
    if (source[`${name}-data`] !== undefined)
      return Buffer.from(source[`${name}-data`]!, "base64").toString();
    return source[name] === undefined ? undefined : readFileSync(source[name], "utf8");
  };
  const ca = pem(cluster, "certificate-authority");
  const cert = pem(user, "client-certificate");
  const key = pem(user, "client-key");
  return { cluster, user, ca, cert, key };
}

const triesOfRead = 8;

/** Whether an API server only has too much to do, or its etcd has. */
function isBusy({ status, body }: KubeAnswer): boolean {
  if (status === 429 || status === 504) return true;
  return status === 500 && /etcdserver: |timed out|deadline exceeded/.test(body.toString());
}

/** A read that is refused for lack of time is asked again: on a busy machine that says nothing. */
export async function patiently(send: KubeClient["send"], path: string): Promise<KubeAnswer> {
  for (let tries = 1; ; tries += 1) {
    const answer = await send("GET", path);
    if (tries === triesOfRead || !isBusy(answer)) return answer;
    await sleep(250 * tries);
  }
}

export function connectKube(kubeconfigPath: string): KubeClient {
  const { cluster, user, ca, cert, key } = readKubeconfig(kubeconfigPath);
  const dispatcher = new Agent({
    allowH2: false,
    connections: 64,
    headersTimeout: 120_000,
    bodyTimeout: 120_000,
    connect: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) },
  });
  const server = cluster["server"]!.replace(/\/$/, "");
  const authorization =
    user["token"] === undefined ? {} : { authorization: `Bearer ${user["token"]}` };

  const send: KubeClient["send"] = async (method, path, body, contentType = "application/json") => {
    const answer = await request(server + path, {
      dispatcher,
      method: method as "GET",
      headers: {
        accept: "application/json",
        ...authorization,
        ...(body === undefined ? {} : { "content-type": contentType }),
      },
      ...(body === undefined ? {} : { body: body as string }),
    });
    return { status: answer.statusCode, body: Buffer.from(await answer.body.arrayBuffer()) };
  };
  return {
    server,
    send,
    async demand(method, path, body, contentType) {
      const isRead = method === "GET";
      const answer = await (isRead ? patiently(send, path) : send(method, path, body, contentType));
      if (answer.status >= 300)
        throw new Error(
          `${method} ${path}: ${answer.status} ${answer.body.toString().slice(0, 2000)}`,
        );
      return answer.body;
    },
    async get(path) {
      const answer = await patiently(send, path);
      if (answer.status === 404) return undefined;
      if (answer.status >= 300)
        throw new Error(`GET ${path}: ${answer.status} ${answer.body.toString().slice(0, 2000)}`);
      return answer.body;
    },
    close: () => dispatcher.close(),
  };
}
