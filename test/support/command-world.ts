import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectCluster } from "../../src/adapters/kube/connect-cluster.ts";
import type { CustomResource } from "../../src/api/custom-resource.ts";
import { resourceKindOf } from "../../src/api/custom-resource.ts";
import { toDefinition } from "../../src/api/custom-resource-definition.ts";
import { veleroKinds } from "../../src/api/velero-kinds.ts";
import { runCommandLine } from "../../src/cli/main.ts";
import type { Cluster } from "../../src/ports/cluster.ts";
import { createInformer } from "../../src/runtime/informer.ts";
import { kubeconfigFor } from "../component/shop-with-volumes.ts";
import { fakeEnvironment } from "../unit/cli/fake-environment.ts";
import {
  type ApiServer,
  type ApiServerOptions,
  createApiServer,
  systemClock,
} from "./api-server/api-server.ts";
import { plainAccess } from "./plain-access.ts";

/** An object as the scripted server sees it. */
export interface SeenObject {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it has planted
  readonly spec: any;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what it has planted
  readonly status?: any;
}

export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Commands over an API server in memory, in whose namespace `ark-ts` a server seems to live. */
export interface CommandWorld {
  readonly api: ApiServer;
  /** For the test's own reads and writes. */
  readonly cluster: Cluster;
  readonly home: string;
  /** Runs a command line with the world's kubeconfig; `signal` is Ctrl-C. */
  ark(words: readonly string[], signal?: AbortSignal): Promise<Ran>;
  seed(kind: string, name: string, more?: object): void;
  /** What stands under the name; undefined: nothing. */
  read(kind: CustomResource, name: string): Promise<SeenObject | undefined>;
  list(kind: CustomResource): Promise<readonly SeenObject[]>;
  /**
   * Answers changes of a kind as a server would: what `answer` gives is merged into the object,
   * `gone` removes it, undefined leaves it.
   */
  serve(
    kind: CustomResource,
    answer: (object: SeenObject) => object | "gone" | undefined,
  ): Promise<void>;
  close(): Promise<void>;
}

export const serverNamespace = "ark-ts";

/** A live Lease, so that commands find the server by themselves. */
export function seedLease(api: ApiServer, renewTime = new Date().toISOString()): void {
  api.seed({
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: "ark-ts", namespace: serverNamespace },
    // Nobody renews it: it has to outlast the slowest test.
    spec: { holderIdentity: "ark-ts-0", leaseDurationSeconds: 3600, renewTime },
  });
}

/** `lease: false`: the kinds are there, and no server. */
export async function commandWorld(
  options: ApiServerOptions & { readonly lease?: boolean } = {},
): Promise<CommandWorld> {
  const api = createApiServer(options);
  api.seed({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: serverNamespace },
    status: { phase: "Active" },
  });
  for (const kind of veleroKinds) api.seed(JSON.stringify(toDefinition(kind)));
  if (options.lease !== false) seedLease(api);
  const listener = await api.listen();
  const home = mkdtempSync(join(tmpdir(), "ark-command-"));
  const kubeconfig = join(home, "kubeconfig");
  writeFileSync(kubeconfig, kubeconfigFor(listener.url));
  const cluster = connectCluster(plainAccess(api.dispatcher()), systemClock);
  const stop = new AbortController();
  const running: Promise<void>[] = [];
  const parse = (bytes: Buffer) => JSON.parse(bytes.toString("utf8")) as SeenObject;
  const ref = (kind: CustomResource, name: string) => ({
    kind: resourceKindOf(kind),
    namespace: serverNamespace,
    name,
  });
  const { signal } = stop;
  return {
    api,
    cluster,
    home,
    async ark(words, interrupt = new AbortController().signal) {
      const env = { KUBECONFIG: kubeconfig };
      const environment = fakeEnvironment(home, words, { env, signal: interrupt });
      const status = await runCommandLine(environment);
      return { status, out: environment.stdout.text, err: environment.stderr.text };
    },
    seed: (kind, name, more = {}) =>
      api.seed({
        apiVersion: "velero.io/v1",
        kind,
        spec: {},
        ...more,
        metadata: { ...(more as SeenObject).metadata, name, namespace: serverNamespace },
      }),
    async read(kind, name) {
      const raw = await cluster.get(ref(kind, name), { signal });
      return raw === undefined ? undefined : parse(raw.bytes);
    },
    async list(kind) {
      const scope = { kind: resourceKindOf(kind), namespace: serverNamespace };
      const found: SeenObject[] = [];
      const page = await cluster.list({ ...scope, limit: 0 }, { signal });
      for await (const batch of page.items) for (const raw of batch) found.push(parse(raw.bytes));
      return found;
    },
    async serve(kind, answer) {
      const informer = createInformer<SeenObject>(
        { cluster, clock: systemClock, log: { write: () => undefined } },
        {
          kind: resourceKindOf(kind),
          namespace: serverNamespace,
          keep: ({ bytes }) => parse(bytes),
        },
      );
      informer.onChange(({ after }) => {
        if (after === undefined) return;
        const change = answer(after);
        if (change === undefined) return;
        const { name } = after.metadata;
        const body = Buffer.from(JSON.stringify(change));
        const work =
          change === "gone"
            ? cluster.remove(ref(kind, name), { signal })
            : cluster.patch(ref(kind, name), "merge", body, { signal });
        running.push(work.then(() => undefined).catch(() => undefined));
      });
      running.push(informer.run(signal).catch(() => undefined));
      await informer.whenSynced(signal);
    },
    async close() {
      stop.abort();
      await Promise.all(running);
      await cluster.close();
      await listener.close();
      rmSync(home, { recursive: true });
    },
  };
}
