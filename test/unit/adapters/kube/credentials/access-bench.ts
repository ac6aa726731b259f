import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { request } from "undici";
import type { AccessOptions } from "../../../../../src/adapters/kube/credentials/access-options.ts";
import { openServerAccess } from "../../../../../src/adapters/kube/credentials/open-server-access.ts";
import type { ServerAccess } from "../../../../../src/adapters/kube/credentials/server-access.ts";
import { ArkError } from "../../../../../src/lib/errors.ts";
import type { Clock } from "../../../../../src/ports/clock.ts";
import { type ApiServer, type Arrival, startApiServer } from "./api-stand-in.ts";
import { certificateMaker, type KeyPair } from "./certificates.ts";

export interface SteppedClock extends Clock {
  advance(ms: number): void;
}

export function steppedClock(start = "2026-11-20T12:00:00Z"): SteppedClock {
  let elapsed = 0;
  return {
    now: () => new Date(Date.parse(start) + elapsed),
    monotonicMs: () => elapsed,
    sleep: () => Promise.resolve(),
    uuid: () => "00000000-0000-4000-8000-000000000000",
    random: () => 0.5,
    advance: (ms) => {
      elapsed += ms;
    },
  };
}

export const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64");

/** A folder, a TLS API server and certificates for one test file. */
export interface AccessBench {
  readonly folder: string;
  readonly server: ApiServer;
  readonly certs: Readonly<Record<"ca" | "otherCa" | "server" | "alice" | "bob", KeyPair>>;
  /** Writes a file of the folder, with its parents, and returns its path. */
  write(path: string, text: string, mode?: number): string;
  /** A kubeconfig with one context `here`, from the two maps. */
  kubeconfig(user: object, cluster?: object, context?: object): string;
  open(options: Partial<AccessOptions>): Promise<ServerAccess>;
  close(): Promise<void>;
}

export async function openBench(): Promise<AccessBench> {
  const folder = mkdtempSync(join(tmpdir(), "ark-access-"));
  const make = certificateMaker(folder);
  const ca = make.authority("ca");
  const otherCa = make.authority("other-ca");
  const names = "subjectAltName=DNS:localhost,DNS:api.example.test,IP:127.0.0.1";
  const certs = {
    ca,
    otherCa,
    server: make.signed("server", "ca", names),
    alice: make.signed("alice", "ca", "extendedKeyUsage=clientAuth"),
    bob: make.signed("bob", "ca", "extendedKeyUsage=clientAuth"),
  };
  const server = await startApiServer(certs.server);
  const opened: ServerAccess[] = [];
  const write = (path: string, text: string, mode?: number): string => {
    const full = join(folder, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, text);
    if (mode !== undefined) chmodSync(full, mode);
    return full;
  };
  let count = 0;
  return {
    folder,
    server,
    certs,
    write,
    kubeconfig: (user, cluster = {}, context = {}) => {
      const document = kubeconfigDocument(user, {
        server: `https://127.0.0.1:${server.port}`,
        "certificate-authority-data": base64(ca.cert),
        ...cluster,
      });
      document.contexts[0] = {
        name: "here",
        context: { cluster: "c", user: "u", ...context },
      };
      count += 1;
      return write(`kubeconfig-${count}`, JSON.stringify(document));
    },
    open: async (options) => {
      const access = await openServerAccess({
        env: { PATH: process.env["PATH"] },
        homeDirectory: folder,
        clock: steppedClock(),
        serviceAccountFolder: join(folder, "no-account"),
        ...options,
      });
      opened.push(access);
      return access;
    },
    close: async () => {
      for (const access of opened) await access.close();
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function kubeconfigDocument(user: object, cluster: object) {
  return {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "here",
    clusters: [{ name: "c", cluster }],
    users: [{ name: "u", user }],
    contexts: [{ name: "here", context: { cluster: "c", user: "u" } as object }],
  };
}

/** One GET; answers the status. */
export async function get(access: ServerAccess, path = "/version"): Promise<number> {
  const response = await request(access.serverUrl + path, {
    dispatcher: await access.dispatcher(),
    headers: await access.headers(),
  });
  await response.body.dump();
  return response.statusCode;
}

/** The last request that reached the server. */
export function lastArrival(server: ApiServer): Arrival {
  const arrival = server.arrivals.at(-1);
  if (arrival === undefined) throw new Error("nothing arrived");
  return arrival;
}

/** The ArkError that `action` rejects with. */
export async function failureOf(action: Promise<unknown>): Promise<ArkError> {
  try {
    await action;
  } catch (error) {
    if (error instanceof ArkError) return error;
    throw new Error("rejected with something that is no ArkError", { cause: error });
  }
  throw new Error("did not reject");
}

/** All that a user or a log could see of an error. */
export function shown(error: ArkError): string {
  const { message, tried, answer, advice, stack, cause } = error;
  return [message, tried, answer, advice, stack, String(cause)].join("\n");
}
