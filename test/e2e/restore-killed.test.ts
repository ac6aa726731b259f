import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import type { Ark } from "../support/ark.ts";
import { type HttpFront, type SeenRequest, startHttpFront } from "../support/http-front.ts";
import { connectKube, type KubeClient, readKubeconfig } from "../support/kube-client.ts";
import { type ClusterState, readClusterState } from "../support/oracle/cluster-state.ts";
import { compareStates } from "../support/oracle/compare-states.ts";
import { createS3Ark } from "../support/s3-ark.ts";
import { sharedControlPlane, uniqueNamespace, whyNoTestbed } from "../support/shared-testbed.ts";
import { fillBulk } from "../testbed/fill/bulk.ts";

const objects = 1200;

interface Failpoint {
  readonly title: string;
  readonly front: "store" | "api";
  /** The request that the process does not survive: done, but its answer never comes. */
  readonly method: string;
  readonly path: RegExp;
  /** Which of them, from 1. */
  readonly hit: number;
}

const create = { front: "api", method: "POST", path: /\/configmaps\?/ } as const;
const record = (number: number) => new RegExp(`/runs/[^/]+/${number}(?:\\?|$)`);

/** In the order of a run: each kind of request that changes something. */
const failpoints: readonly Failpoint[] = [
  {
    title: "the record of who runs it",
    front: "store",
    method: "PUT",
    path: /\/restores\/[^/]+\/1/,
    hit: 1,
  },
  {
    title: "the first record of its journal",
    front: "store",
    method: "PUT",
    path: record(1),
    hit: 1,
  },
  {
    title: "the create of its namespace",
    front: "api",
    method: "POST",
    path: /\/namespaces\?/,
    hit: 1,
  },
  { title: "the first create", ...create, hit: 1 },
  { title: "a record in the middle", front: "store", method: "PUT", path: record(4), hit: 1 },
  { title: "a create in the middle", ...create, hit: objects / 2 },
  { title: "the last create", ...create, hit: objects },
  { title: "its results", front: "store", method: "PUT", path: /-results\.gz/, hit: 1 },
  { title: "its record", front: "store", method: "PUT", path: /ark-restore\.json/, hit: 1 },
  {
    title: "the removal of its journal",
    front: "store",
    method: "DELETE",
    path: /\/runs\//,
    hit: 1,
  },
];

interface Shown {
  readonly metadata: { readonly name: string; readonly annotations?: Record<string, string> };
  readonly status: { readonly phase: string; readonly progress: object };
}

describe("a restore whose process is killed", { skip: await whyNoTestbed() }, () => {
  const prefix = uniqueNamespace("rkill");
  const namespace = `${prefix}-0`;
  const fronts = {} as { store: HttpFront; api: HttpFront };
  const targets: string[] = [];
  let client: KubeClient;
  let ark: Ark;
  let backedUp: ClusterState;
  let undisturbed: Shown;

  before(async () => {
    const plane = await sharedControlPlane();
    const { ark: made, front: store } = await createS3Ark("replaced below");
    ark = made;
    fronts.store = store;
    const { cluster, ca, cert, key } = readKubeconfig(plane.kubeconfig);
    fronts.api = await startHttpFront(cluster["server"]!, { ca: ca!, cert: cert!, key: key! });
    client = connectKube(plane.kubeconfig);
    writeFileSync(join(ark.home, "kubeconfig"), kubeconfigOf(fronts.api.endpoint));
    await fillBulk(client, { objects, sizeBytes: 1024, namespaces: 1, kind: "configmaps", prefix });
    // What controllers make in a new namespace comes before a restore or after it, by chance.
    const only = ["--include-namespaces", namespace, "--selector", `bulk=${prefix}`];
    await ark.ok("backup", "create", "whole", ...only, ...kubeconfig());
    backedUp = await stateOf(namespace);
    assert.ok(backedUp.size >= objects);
    undisturbed = JSON.parse(await ark.ok(...command("undisturbed"))) as Shown;
    await checkState("undisturbed");
  });
  after(async () => {
    for (const one of [namespace, ...targets]) {
      await client?.send("DELETE", `/api/v1/namespaces/${one}`);
    }
    await client?.close();
    await fronts.store?.close();
    await fronts.api?.close();
    ark?.remove();
  });
  afterEach(() => {
    fronts.store.spoil = () => "pass";
    fronts.api.spoil = () => "pass";
  });

  const kubeconfig = (): string[] => ["--kubeconfig", join(ark.home, "kubeconfig")];
  const targetOf = (label: string): string => `${prefix}-to-${label}`;

  /** A restore without a name of its own, into a namespace that is not there. */
  function command(label: string): string[] {
    const target = targetOf(label);
    if (!targets.includes(target)) targets.push(target);
    const mapping = ["--namespace-mappings", `${namespace}:${target}`];
    return [
      "restore",
      "create",
      "--from-backup",
      "whole",
      ...mapping,
      "-o",
      "json",
      ...kubeconfig(),
    ];
  }

  const stateOf = (name: string): Promise<ClusterState> =>
    readClusterState(client, {
      includes: (object) =>
        object.namespace === name || (object.resource === "namespaces" && object.name === name),
    });

  async function checkState(label: string): Promise<void> {
    const target = targetOf(label);
    const options = { namespaceMapping: { [namespace]: target } };
    const comparison = compareStates(backedUp, await stateOf(target), options);
    assert.deepEqual(comparison.differences, []);
    assert.ok(comparison.compared > objects);
  }

  /** `Kind` to the names in the list of what was done, free of namespaces. */
  async function resourcesOf(name: string, label: string): Promise<unknown> {
    const text = await ark.ok("restore", "describe", name, "--details", "-o", "json");
    const { restore: _restore, ...others } = JSON.parse(text) as { restore?: unknown };
    const rest = JSON.stringify(others)
      .replaceAll(targetOf(label), "TARGET")
      .replaceAll(name, "NAME");
    return withoutTimes(JSON.parse(rest));
  }

  async function killAt(failpoint: Failpoint, label: string): Promise<void> {
    let pid = 0;
    let hits = 0;
    const isHit = ({ method, url }: SeenRequest): boolean =>
      method === failpoint.method && failpoint.path.test(decodeURIComponent(url));
    fronts[failpoint.front].spoil = (request) => {
      if (hits < failpoint.hit && isHit(request)) hits += 1;
      if (hits < failpoint.hit) return "pass";
      process.kill(pid, "SIGKILL");
      return "hang";
    };
    const killed = await ark.runWith(
      {
        onPid: (started) => {
          pid = started;
        },
      },
      ...command(label),
    );
    assert.equal(hits, failpoint.hit, `the failpoint was never reached: ${killed.stderr}`);
    assert.equal(killed.status, -1, "the process was not killed");
    fronts.store.spoil = () => "pass";
    fronts.api.spoil = () => "pass";
  }

  async function countTarget(label: string): Promise<number> {
    const path = `/api/v1/namespaces/${targetOf(label)}/configmaps?labelSelector=bulk%3D${prefix}`;
    const list = JSON.parse((await client.demand("GET", path)).toString()) as { items: unknown[] };
    return list.items.length;
  }

  for (const [index, failpoint] of failpoints.entries()) {
    it(`at ${failpoint.title}: the same command goes on, and the result is that of an undisturbed run`, async (t) => {
      const label = `f${index + 1}`;
      await killAt(failpoint, label);
      const madeBefore = await countTarget(label);
      const seenBefore = fronts.api.seen.length;
      const again = await ark.run(...command(label));
      assert.equal(again.status, 0, again.stdout + again.stderr);
      assert.match(again.stderr, /continuing restore whole-\d+/);
      const restore = JSON.parse(again.stdout) as Shown;
      const creates = fronts.api.seen
        .slice(seenBefore)
        .filter(({ method, url }) => method === "POST" && create.path.test(url)).length;
      t.diagnostic(`${madeBefore} made before; ${creates} creates after the restart`);
      assert.ok(creates <= objects - madeBefore, `${creates} creates, ${madeBefore} there`);
      assert.deepEqual(restore.status.phase, undisturbed.status.phase);
      assert.deepEqual(restore.status.progress, undisturbed.status.progress);
      await checkState(label);
      assert.deepEqual(
        await resourcesOf(restore.metadata.name, label),
        await resourcesOf(undisturbed.metadata.name, "undisturbed"),
      );
      const left = JSON.parse(await ark.ok("restore", "get", "-o", "json")) as {
        interrupted: unknown[];
        unrecorded: unknown[];
      };
      assert.deepEqual([left.interrupted, left.unrecorded], [[], []]);
    });
  }

  it("is listed, is not taken for another, and can be given up", async () => {
    await killAt({ title: "", ...create, hit: 100 }, "given-up");
    assert.match(await ark.ok("restore", "get"), /whole-\d+ +whole +Interrupted/);
    const listed = JSON.parse(await ark.ok("restore", "get", "-o", "json")) as {
      interrupted: { name: string; phase: string }[];
    };
    const [{ name, phase }] = listed.interrupted as [{ name: string; phase: string }];
    assert.equal(phase, "Interrupted");
    const other = await ark.run(...command("given-up"), "--existing-resource-policy", "update");
    assert.equal(other.status, 0, other.stderr);
    assert.doesNotMatch(other.stderr, /continuing/);
    await ark.ok("restore", "discard", name, "--confirm", ...kubeconfig());
    const after = JSON.parse(await ark.ok("restore", "get", "-o", "json")) as {
      interrupted: unknown[];
    };
    assert.deepEqual(after.interrupted, []);
  });

  it("lets one of two commands that start at once run, and the other says who does", async () => {
    const both = await Promise.all([ark.run(...command("both")), ark.run(...command("both"))]);
    const statuses = both.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [0, 1], both.map(({ stderr }) => stderr).join());
    const loser = both.find(({ status }) => status === 1)!;
    assert.match(loser.stderr, /is being run by/);
    await checkState("both");
  });
});

/** The front speaks to the API server in the name of the testbed's user. */
function kubeconfigOf(server: string): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "front",
    clusters: [{ name: "front", cluster: { server } }],
    users: [{ name: "front", user: {} }],
    contexts: [{ name: "front", context: { cluster: "front", user: "front" } }],
  });
}

function withoutTimes(value: unknown): unknown {
  const volatile = /Timestamp$|^(?:uid|annotations|startedAt|completedAt)$/;
  return JSON.parse(JSON.stringify(value, (key, one) => (volatile.test(key) ? undefined : one)));
}
