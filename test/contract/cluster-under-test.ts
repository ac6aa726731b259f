/** What the cluster contract needs of a server: plain HTTP, nothing of the product. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { type Dispatcher, request } from "undici";
import { waitFor } from "../testbed/wait.ts";

export interface Call {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: AsyncIterable<Buffer>;
}

export interface ClusterUnderTest {
  send(method: string, path: string, call?: Call): Promise<Answer>;
  /** Makes past revisions expire; absent where others use the server too. */
  compact?(): Promise<void>;
  close(): Promise<void>;
}

export type OpenCluster = () => Promise<ClusterUnderTest>;

/** A server reached by undici: over sockets, or by a dispatcher that has none. */
export function reach(
  origin: string,
  dispatcher: Dispatcher,
  rest: Pick<ClusterUnderTest, "close" | "compact">,
): ClusterUnderTest {
  return {
    ...rest,
    send: async (method, path, { headers = {}, body, signal } = {}) => {
      const answer = await request(origin + path, {
        method,
        dispatcher,
        headers: { "user-agent": "contract/1.0", ...headers },
        ...(body !== undefined && { body }),
        ...(signal !== undefined && { signal }),
      });
      return { status: answer.statusCode, headers: answer.headers, body: answer.body };
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely here
export type Answered = any;

export interface Told {
  readonly status: number;
  readonly headers: Answer["headers"];
  readonly text: string;
  /** The parsed body; the text where it is not JSON. */
  readonly json: Answered;
}

export const mergePatch = { "content-type": "application/merge-patch+json" };
export const jsonPatch = { "content-type": "application/json-patch+json" };
export const applyPatch = { "content-type": "application/apply-patch+yaml" };

/** A client with a namespace of its own. */
export interface Client {
  readonly namespace: string;
  /** `/api/v1/namespaces/<own>` */
  readonly home: string;
  ask(method: string, path: string, body?: unknown, headers?: Call["headers"]): Promise<Told>;
  /** Fails the test unless the answer has this status. */
  expect(
    status: number,
    method: string,
    path: string,
    body?: unknown,
    headers?: Call["headers"],
  ): Promise<Answered>;
  /** ConfigMaps with these names, in a group of their own by label `set`. */
  fill(set: string, names: readonly string[]): Promise<void>;
  readonly cluster: ClusterUnderTest;
}

export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(4).toString("hex")}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export async function openClient(open: OpenCluster): Promise<Client> {
  const cluster = await open();
  const namespace = uniqueName("contract");
  const home = `/api/v1/namespaces/${namespace}`;
  const ask: Client["ask"] = async (method, path, body, headers = {}) => {
    const sent = typeof body === "string" ? body : JSON.stringify(body);
    const answer = await cluster.send(method, path, {
      headers: { ...(body !== undefined && { "content-type": "application/json" }), ...headers },
      ...(body !== undefined && { body: sent }),
    });
    const chunks: Buffer[] = [];
    for await (const chunk of answer.body) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    return { status: answer.status, headers: answer.headers, text, json: parsed(text) };
  };
  const expect: Client["expect"] = async (status, ...rest) => {
    const told = await ask(...rest);
    assert.equal(told.status, status, `${rest[0]} ${rest[1]} answered ${told.text.slice(0, 500)}`);
    return told.json;
  };
  const fill: Client["fill"] = async (set, names) => {
    for (const name of names) {
      const metadata = { name, labels: { set } };
      await expect(201, "POST", `${home}/configmaps`, { metadata, data: { name } });
    }
  };
  await expect(201, "POST", "/api/v1/namespaces", { metadata: { name: namespace } });
  return { namespace, home, ask, expect, fill, cluster };
}

export async function closeClient(client: Client): Promise<void> {
  await client.ask("DELETE", `/api/v1/namespaces/${client.namespace}`);
  await client.cluster.close();
}

/** Asks again until the condition holds: some things happen a little later on a real server. */
export async function eventually<T>(
  ask: () => Promise<T>,
  holds: (value: T) => boolean,
  what: string,
): Promise<T> {
  let last: T | undefined;
  const answer = async (): Promise<{ readonly value: T } | undefined> => {
    const value = await ask();
    last = value;
    return holds(value) ? { value } : undefined;
  };
  try {
    return (await waitFor(what, answer, { timeoutMs: 240_000, everyMs: 100 })).value;
  } catch (error) {
    assert.fail(`${(error as Error).message}; last: ${JSON.stringify(last)}`);
  }
}
