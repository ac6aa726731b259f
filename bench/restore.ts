/** Restores into a real cluster against a bare loop that creates the same objects. */
import { join } from "node:path";
import { type ControlPlane, startControlPlane } from "../test/testbed/control-plane.ts";
import { startMinio } from "../test/testbed/minio.ts";
import { createMeasuredArk, type MeasuredArk } from "./measured-ark.ts";
import { type PeerResult, startPeer } from "./peer.ts";
import { tell } from "./progress.ts";
import { atLeast, type Budget, type Row, type Section, withinMemory } from "./report.ts";
import { runBare } from "./run-bare.ts";
import { type Sample, type Summary, summarise } from "./samples.ts";

const widths = [8, 16, 32, 64];
const sizeBytes = 2048;
const trialObjects = 2000;

export interface RestoreOptions {
  readonly objects: number;
  readonly rounds: number;
  /** Objects for Velero; undefined: without it. */
  readonly peerObjects: number | undefined;
}

export async function benchRestore(options: RestoreOptions): Promise<Section> {
  const plane = await startControlPlane();
  const ark = createMeasuredArk(plane.kubeconfig);
  try {
    const bench = createBench(plane, ark, options);
    const inFlight = await bench.findBestWidth();
    const plain = await bench.measure("create", inFlight);
    const owners = await bench.measure("apply", inFlight);
    const equal = await bench.measureEqual("create");
    const updated = await bench.measureUpdate("create", inFlight);
    const planned = await bench.measurePlan("create", inFlight);
    const rows = [...plain, ...owners, ...equal, ...updated, ...planned];
    const { peerObjects } = options;
    if (peerObjects === undefined) return toSection(options, rows, []);
    const velero = await benchPeer(plane, peerObjects, inFlight);
    return toSection(options, [...rows, ...velero.rows], velero.notes);
  } finally {
    ark.remove();
    await plane.stop();
  }
}

function toSection(
  options: RestoreOptions,
  rows: readonly Row[],
  notes: readonly string[],
): Section {
  return { title: `Restore of ${options.objects.toLocaleString("en-GB")} Secrets`, rows, notes };
}

type Making = "create" | "apply";

function createBench(plane: ControlPlane, ark: MeasuredArk, { objects, rounds }: RestoreOptions) {
  const { kubeconfig } = plane;
  const store = `file://${join(ark.home, "store")}`;
  let spaces = 0;
  const loop = (
    making: Making,
    namespace: string,
    count: number,
    inFlight: number,
    bytes = sizeBytes,
  ) => runBare({ do: making, kubeconfig, namespace, count, sizeBytes: bytes, inFlight });
  const nextSpace = (): string => `bench-target-${++spaces}`;

  const prepare = async (making: Making): Promise<string> => {
    tell(`${objects} Secrets to be backed up (${making})`);
    const namespace = `bench-source-${making}`;
    await loop(making, namespace, objects, 32);
    const flags = ["--include-namespaces", namespace, "--include-resources", "secrets"];
    await ark.run("backup", "create", namespace, "--store", store, ...flags);
    return namespace;
  };
  const restore = async (
    backup: string,
    target: string,
    ...policy: readonly string[]
  ): Promise<Sample> => {
    const mapping = target === backup ? [] : ["--namespace-mappings", `${backup}:${target}`];
    const name = `restore-${++spaces}`;
    const flags = ["--from-backup", backup, "--store", store, ...mapping, ...policy];
    return await ark.run("restore", "create", name, ...flags);
  };

  return {
    async findBestWidth(): Promise<number> {
      let best = { inFlight: 0, ms: Number.POSITIVE_INFINITY };
      await loop("create", nextSpace(), trialObjects, 16); // warms up
      for (const inFlight of widths) {
        tell(`bare create loop, ${inFlight} in flight`);
        const { ms } = await loop("create", nextSpace(), trialObjects, inFlight);
        if (ms < best.ms) best = { inFlight, ms };
      }
      return best.inFlight;
    },
    async measure(making: Making, inFlight: number): Promise<Row[]> {
      const backup = await prepare(making);
      const bare: Sample[] = [];
      const restored: Sample[] = [];
      for (let round = 1; round <= rounds; round += 1) {
        tell(`restore (${making}), round ${round} of ${rounds}`);
        bare.push(await loop("create", nextSpace(), objects, inFlight));
        restored.push(await restore(backup, nextSpace()));
      }
      const wanted = making === "create" ? 0.8 : 0.4;
      const what = making === "create" ? "one field manager" : "owners by a second patch";
      const reference = `bare create loop, ${inFlight} in flight`;
      return pair(objects, { reference, bare }, { what: `ark-ts, ${what}`, restored, wanted });
    },
    /** Over Secrets of the same names and half the size: each is read, kept and patched. */
    async measureUpdate(making: Making, inFlight: number): Promise<Row[]> {
      const backup = `bench-source-${making}`;
      const bare: Sample[] = [];
      const restored: Sample[] = [];
      for (let round = 1; round <= rounds; round += 1) {
        tell(`restore of what differs, round ${round} of ${rounds}`);
        const target = nextSpace();
        bare.push(await loop("create", target, objects, inFlight, sizeBytes / 2));
        restored.push(await restore(backup, target, "--existing-resource-policy", "update"));
      }
      const reference = `bare create loop, ${inFlight} in flight`;
      return pair(objects, { reference, bare }, { what: "ark-ts, update, all differ", restored });
    },
    /** Into a namespace that is there: all is asked of the API server by dry-run. */
    async measurePlan(making: Making, inFlight: number): Promise<Row[]> {
      const backup = `bench-source-${making}`;
      const bare: Sample[] = [];
      const planned: Sample[] = [];
      for (let round = 1; round <= rounds; round += 1) {
        tell(`plan with dry-run, round ${round} of ${rounds}`);
        bare.push(await loop("create", nextSpace(), objects, inFlight));
        const target = nextSpace();
        await loop("create", target, 1, 1);
        const mapping = ["--namespace-mappings", `${backup}:${target}`];
        planned.push(
          await ark.run("restore", "plan", "--from-backup", backup, "--store", store, ...mapping),
        );
      }
      const reference = `bare create loop, ${inFlight} in flight`;
      const own = { what: "ark-ts, plan with dry-run", restored: planned, wanted: 0.8 };
      return pair(objects, { reference, bare }, own);
    },
    async measureEqual(making: Making): Promise<Row[]> {
      const backup = `bench-source-${making}`;
      const path = `/api/v1/namespaces/${backup}/secrets`;
      const bare: Sample[] = [];
      const restored: Sample[] = [];
      for (let round = 1; round <= rounds; round += 1) {
        tell(`restore of what is there, round ${round} of ${rounds}`);
        bare.push(await runBare({ do: "list", kubeconfig, limit: 5000, path }));
        restored.push(await restore(backup, backup));
      }
      const reference = "bare list, limit 5000";
      return pair(objects, { reference, bare }, { what: "ark-ts, all equal", restored });
    },
  };
}

function pair(
  objects: number,
  { reference, bare }: { readonly reference: string; readonly bare: readonly Sample[] },
  own: { readonly what: string; readonly restored: readonly Sample[]; readonly wanted?: number },
): Row[] {
  const bareSummary = summarise(bare);
  const summary = summarise(own.restored);
  const value = bareSummary.medianMs / summary.medianMs;
  const budgets: Budget[] = own.wanted === undefined ? [] : [atLeast(value, own.wanted)];
  return [
    { what: reference, objects, summary: bareSummary },
    {
      what: own.what,
      objects,
      summary,
      ratio: { to: reference.split(",")[0] ?? "", value },
      budgets: [...budgets, withinMemory(summary)],
    },
  ];
}

interface PeerRows {
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
}

/** Velero and ark-ts restore the same number of Secrets, from backups of their own. */
async function benchPeer(
  plane: ControlPlane,
  objects: number,
  inFlight: number,
): Promise<PeerRows> {
  const minio = await startMinio();
  await minio.createBucket("velero");
  const peer = await startPeer(plane, minio, "velero");
  const ark = createMeasuredArk(plane.kubeconfig);
  try {
    const source = "bench-peer";
    const { kubeconfig } = plane;
    await runBare({
      do: "create",
      kubeconfig,
      namespace: source,
      count: objects,
      sizeBytes,
      inFlight,
    });
    const what = ["--include-namespaces", source, "--include-resources", "secrets"];
    await peer.backUp(source, ...what);
    await ark.run("backup", "create", source, ...what);
    tell("Velero restores");
    const from = ["--from-backup", source];
    const theirs = await peer.restore(
      "into-empty",
      ...from,
      "--namespace-mappings",
      `${source}:bench-peer-velero`,
    );
    const theirsEqual = await peer.restore("all-there", ...from);
    const ours = await ark.run(
      "restore",
      "create",
      "into-empty",
      ...from,
      "--namespace-mappings",
      `${source}:bench-peer-ark`,
    );
    const oursEqual = await ark.run("restore", "create", "all-there", ...from);
    return peerRows(objects, [
      { what: "into an empty namespace", theirs, ours, wanted: 10 },
      { what: "all equal", theirs: theirsEqual, ours: oursEqual, wanted: 50 },
    ]);
  } finally {
    ark.remove();
    await peer.stop();
    await minio.stop();
  }
}

interface PeerPair {
  readonly what: string;
  readonly theirs: PeerResult;
  readonly ours: Sample;
  readonly wanted: number;
}

function peerRows(objects: number, pairs: readonly PeerPair[]): PeerRows {
  const rows = pairs.flatMap(({ what, theirs, ours, wanted }): Row[] => {
    const value = theirs.ms / ours.ms;
    const summary: Summary = summarise([ours]);
    const peer = summarise([{ ms: theirs.ms, peakRssBytes: theirs.peakRssBytes }]);
    const budgets = [atLeast(value, wanted, " Velero"), withinMemory(summary)];
    return [
      { what: `Velero 1.18.3, ${what}`, objects, summary: peer },
      { what: `ark-ts, ${what}`, objects, summary, ratio: { to: "Velero", value }, budgets },
    ];
  });
  return { rows, notes: [`The rows with Velero are of ${objects} Secrets.`] };
}
