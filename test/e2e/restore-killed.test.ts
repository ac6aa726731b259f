import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it, type TestContext } from "node:test";
import type { ObjectStore } from "../../src/ports/object-store.ts";
import type { Ark } from "../support/ark.ts";
import {
  countHits,
  type Failpoint,
  failpointOf,
  hitsToKill,
  killSeed,
  killsAtAll,
  killTimeoutMs,
  unnamed,
} from "../support/failpoints.ts";
import { frontKubeconfig } from "../support/front-kubeconfig.ts";
import { type HttpFront, startHttpFront } from "../support/http-front.ts";
import { killAt } from "../support/kill-at.ts";
import { connectKube, type KubeClient, readKubeconfig } from "../support/kube-client.ts";
import { compareWhenAlike } from "../support/oracle/await-state.ts";
import { type ClusterState, readClusterState } from "../support/oracle/cluster-state.ts";
import { restoreStorePoints } from "../support/restore-points.ts";
import { createS3Ark } from "../support/s3-ark.ts";
import { openS3 } from "../support/s3-location.ts";
import {
  sharedControlPlane,
  sharedMinio,
  uniqueNamespace,
  whyNoTestbed,
} from "../support/shared-testbed.ts";
import { fillBulk } from "../testbed/fill/bulk.ts";

const objects = 600;

const apiPoints: readonly Failpoint[] = [
  { name: "the create of its namespace", method: "POST", path: /\/namespaces\?/ },
  { name: "a create", method: "POST", path: /\/configmaps\?/ },
  { name: "a look at the target", method: "GET", path: /\/namespaces\b|\/configmaps\b/ },
  { name: "discovery", method: "GET", path: /^\/(?:apis?|version)\b/ },
];

interface Shown {
  readonly metadata: { readonly name: string; readonly annotations?: Record<string, string> };
  readonly status: { readonly phase: string; readonly progress: object };
}

describe(`a restore whose process is killed (ARK_KILL_SEED=${killSeed})`, {
  skip: await whyNoTestbed(),
  timeout: killTimeoutMs,
}, () => {
  const prefix = uniqueNamespace("rkill");
  const signal = new AbortController().signal;
  const namespace = `${prefix}-0`;
  const fronts = {} as { store: HttpFront; api: HttpFront };
  const targets: string[] = [];
  let client: KubeClient;
  let ark: Ark;
  let backedUp: ClusterState;
  let undisturbed: Shown;
  let hits: ReadonlyMap<string, number>;
  let store: ObjectStore;

  before(async () => {
    const plane = await sharedControlPlane();
    const { ark: made, front, bucket } = await createS3Ark("replaced below");
    ark = made;
    fronts.store = front;
    store = await openS3(await sharedMinio(), { bucket });
    const { cluster, ca, cert, key } = readKubeconfig(plane.kubeconfig);
    fronts.api = await startHttpFront(cluster["server"]!, { ca: ca!, cert: cert!, key: key! });
    client = connectKube(plane.kubeconfig);
    writeFileSync(join(ark.home, "kubeconfig"), frontKubeconfig(fronts.api.endpoint));
    await fillBulk(client, { objects, sizeBytes: 1024, namespaces: 1, kind: "configmaps", prefix });
    // What controllers make in a new namespace comes before a restore or after it, by chance.
    const only = ["--include-namespaces", namespace, "--selector", `bulk=${prefix}`];
    await ark.ok("backup", "create", "whole", ...only, ...kubeconfig());
    backedUp = await stateOf(namespace);
    assert.ok(backedUp.size >= objects);
    const from = [fronts.store.seen.length, fronts.api.seen.length] as const;
    undisturbed = JSON.parse(await ark.ok(...command("undisturbed"))) as Shown;
    hits = new Map([
      ...countHits(restoreStorePoints, fronts.store.seen.slice(from[0])),
      ...countHits(apiPoints, fronts.api.seen.slice(from[1])),
    ]);
    await checkState("undisturbed");
  });
  after(async () => {
    for (const one of [namespace, ...targets]) {
      await client?.send("DELETE", `/api/v1/namespaces/${one}`);
    }
    await client?.close();
    await store?.close();
    await fronts.store?.close();
    await fronts.api?.close();
    ark?.remove();
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
    const comparison = await compareWhenAlike(backedUp, () => stateOf(target), options);
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

  /** False: the run ended before it came to this hit, as its number is a matter of time. */
  async function dies(name: string, hit: number, label: string): Promise<boolean> {
    const watched = [
      [fronts.store, restoreStorePoints],
      [fronts.api, apiPoints],
    ] as const;
    const { isHit, ended } = await killAt(watched, { name, hit }, (onPid) =>
      ark.runWith({ onPid }, ...command(label)),
    );
    if (isHit) assert.equal(ended.status, -1, `the process was not killed: ${ended.stderr}`);
    return isHit;
  }

  /** Nothing to go on with; a run that is cut off; or one that had told its end. */
  async function whatIsLeft(made: number): Promise<"nothing" | "cut off" | "ended"> {
    const names: string[] = [];
    for await (const { key } of store.list("metadata/ark-ts/restores/", {
      signal,
      delimiter: "/",
    })) {
      names.push(key.split("/").at(-2) ?? "");
    }
    assert.ok(names.length <= 1, names.join());
    const [name] = names;
    if (name === undefined) return made === 0 ? "nothing" : "ended";
    const record = await store.head(`restores/${name}/ark-restore.json`, { signal });
    return record === undefined ? "cut off" : "ended";
  }

  async function countTarget(label: string): Promise<number> {
    const path = `/api/v1/namespaces/${targetOf(label)}/configmaps?labelSelector=bulk%3D${prefix}`;
    const list = JSON.parse((await client.demand("GET", path)).toString()) as { items: unknown[] };
    return list.items.length;
  }

  it("makes no request that is not among the failpoints", (t) => {
    assert.equal(hits.get(unnamed) ?? 0, 0);
    const listed = [...hits].map(([name, count]) => `${name} ${count}`).join(", ");
    t.diagnostic(`${killsAtAll ? "all hits" : "one hit each"} of: ${listed}`);
  });

  async function goesOnAfter(name: string, hit: number, t: TestContext): Promise<void> {
    const label = `f${targets.length}`;
    if (!(await dies(name, hit, label))) {
      assert.ok(hit > 1, `no run comes to ${name}`);
      return await goesOnAfter(name, Math.floor(hit / 2), t);
    }
    const madeBefore = await countTarget(label);
    const left = await whatIsLeft(madeBefore);
    const seenBefore = fronts.api.seen.length;
    const again = await ark.run(...command(label));
    assert.equal(again.status, 0, again.stdout + again.stderr);
    const restore = JSON.parse(again.stdout) as Shown;
    const creates = fronts.api.seen
      .slice(seenBefore)
      .filter((request) => failpointOf(apiPoints, request) === "a create").length;
    t.diagnostic(
      `${name}, hit ${hit} of ${hits.get(name)}: ${left}, ${madeBefore} made before; then ${creates} creates`,
    );
    assert.ok(creates <= objects - madeBefore, `${creates} creates, ${madeBefore} there`);
    await checkState(label);
    const { phase, progress } = undisturbed.status;
    assert.deepEqual([restore.status.phase, restore.status.progress], [phase, progress]);
    if (left === "cut off") assert.match(again.stderr, /continuing restore whole-\d+/);
    else assert.doesNotMatch(again.stderr, /continuing/);
    // A restore after one that had ended finds all of it there.
    if (left === "ended") assert.equal(creates, 0);
    else {
      assert.deepEqual(
        await resourcesOf(restore.metadata.name, label),
        await resourcesOf(undisturbed.metadata.name, "undisturbed"),
      );
    }
    const listed = JSON.parse(await ark.ok("restore", "get", "-o", "json")) as {
      interrupted: unknown[];
      unrecorded: unknown[];
    };
    assert.deepEqual([listed.interrupted, listed.unrecorded], [[], []]);
    await client.send("DELETE", `/api/v1/namespaces/${targetOf(label)}`);
  }

  for (const { name } of [...apiPoints, ...restoreStorePoints]) {
    it(`goes on after a death at ${name}, and makes only what was not there`, async (t) => {
      const count = hits.get(name) ?? 0;
      assert.ok(count > 0, "no run comes here");
      for (const hit of hitsToKill(name, count)) await goesOnAfter(name, hit, t);
    });
  }

  it("is listed, is not taken for another, and can be given up", async () => {
    assert.ok(await dies("a create", 100, "given-up"));
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

function withoutTimes(value: unknown): unknown {
  const volatile = /Timestamp$|^(?:uid|annotations|startedAt|completedAt)$/;
  return JSON.parse(JSON.stringify(value, (key, one) => (volatile.test(key) ? undefined : one)));
}
