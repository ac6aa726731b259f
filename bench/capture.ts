/** Whole backups of a real cluster against a bare client that lists the same. */
import { join } from "node:path";
import type { ControlPlane } from "../test/testbed/control-plane.ts";
import { startMinio } from "../test/testbed/minio.ts";
import { type Fill, startFilled } from "./filled-cluster.ts";
import { createMeasuredArk, type MeasuredArk } from "./measured-ark.ts";
import { type PeerResult, startPeer } from "./peer.ts";
import { tell } from "./progress.ts";
import { atLeast, type Row, type Section, withinMemory } from "./report.ts";
import { runBare } from "./run-bare.ts";
import { median, type Sample, type Summary, summarise } from "./samples.ts";

const pageLimits = [500, 2000, 5000];
const ofBare = 0.25;
const ofVelero = 20;

export interface CaptureOptions {
  readonly fill: Fill;
  readonly base?: Fill;
  readonly rounds: number;
  readonly peer: boolean;
}

interface Subject {
  readonly plane: ControlPlane;
  readonly ark: MeasuredArk;
  readonly fill: Fill;
}

export async function benchCapture(options: CaptureOptions): Promise<Section> {
  const { fill } = options;
  const minio = await startMinio();
  let plane: ControlPlane | undefined;
  try {
    plane = await startFilled(fill, options.base);
    await minio.createBucket("bench");
    const ark = createMeasuredArk(plane.kubeconfig, minio);
    try {
      await ark.addBucket("minio", minio, "bench");
      // Fills the code cache of this home: later commands of a user find it filled.
      const little = ["--include-namespaces", "default", "--store", "minio"];
      await ark.run("backup", "create", "first", ...little);
      const subject = { plane, ark, fill };
      const measured = await measure(subject, options.rounds);
      const peer = options.peer ? await peerBackup(subject, minio) : undefined;
      return toSection(measured, peer);
    } finally {
      ark.remove();
    }
  } finally {
    await plane?.stop();
    await minio.stop();
  }
}

interface Measured {
  readonly objects: number;
  readonly limit: number;
  readonly bare: Summary;
  readonly toMinio: Summary;
  readonly toDirectory: Summary;
}

async function bareList({ plane }: Subject, limit: number): Promise<Sample> {
  return await runBare({ do: "list", kubeconfig: plane.kubeconfig, limit });
}

/** The limit at which the bare client is fastest; each is tried twice, the first time to warm up. */
async function findBestLimit(subject: Subject): Promise<number> {
  const tries: { readonly limit: number; readonly ms: number }[] = [];
  for (const round of [0, 1]) {
    for (const limit of pageLimits) {
      tell(`bare list at limit ${limit}`);
      const { ms } = await bareList(subject, limit);
      if (round > 0) tries.push({ limit, ms });
    }
  }
  return tries.sort((a, b) => a.ms - b.ms)[0]?.limit ?? 5000;
}

async function measure(subject: Subject, rounds: number): Promise<Measured> {
  const limit = await findBestLimit(subject);
  const bare: Sample[] = [];
  const toMinio: Sample[] = [];
  const toDirectory: Sample[] = [];
  let objects = 0;
  for (let round = 1; round <= rounds; round += 1) {
    tell(`${subject.fill.objects} objects, round ${round} of ${rounds}`);
    bare.push(await bareList(subject, limit));
    const first = await backup(subject, `round-${round}`, "minio");
    toMinio.push(first);
    bare.push(await bareList(subject, limit));
    const folder = `file://${join(subject.ark.home, "store")}`;
    toDirectory.push(await backup(subject, `round-${round}`, folder));
    objects = first.objects;
  }
  return {
    objects,
    limit,
    bare: summarise(bare),
    toMinio: summarise(toMinio),
    toDirectory: summarise(toDirectory),
  };
}

interface TakenBackup {
  readonly status: { readonly progress: { readonly itemsBackedUp: number } };
}

async function backup(
  { ark, fill }: Subject,
  name: string,
  location: string,
): Promise<Sample & { readonly objects: number }> {
  const sample = await ark.run("backup", "create", name, "--store", location, "-o", "json");
  const objects = (JSON.parse(sample.stdout) as TakenBackup).status.progress.itemsBackedUp;
  if (objects < fill.objects) throw new Error(`the backup holds only ${objects} objects`);
  await ark.run("backup", "delete", name, "--store", location, "--confirm");
  return { ...sample, objects };
}

async function peerBackup(
  subject: Subject,
  minio: Parameters<typeof startPeer>[1],
): Promise<PeerResult> {
  await minio.createBucket("velero");
  const peer = await startPeer(subject.plane, minio, "velero");
  try {
    tell("Velero backs up");
    return await peer.backUp("peer", "--include-cluster-resources=true");
  } finally {
    await peer.stop();
  }
}

function toSection(measured: Measured, peer: PeerResult | undefined): Section {
  const { objects, limit, bare, toMinio, toDirectory } = measured;
  const row = (what: string, summary: Summary, budgeted: boolean): Row => {
    const value = bare.medianMs / summary.medianMs;
    const ofPeer =
      peer === undefined ? undefined : peer.ms / peer.objects / (summary.medianMs / objects);
    const budgets = [
      atLeast(value, ofBare),
      withinMemory(summary),
      ...(ofPeer === undefined ? [] : [atLeast(ofPeer, ofVelero, " Velero")]),
    ];
    return { what, objects, summary, ratio: { to: "bare", value }, ...(budgeted && { budgets }) };
  };
  const rows: Row[] = [
    { what: `bare client, limit ${limit}`, objects, summary: bare },
    row("ark-ts to MinIO", toMinio, true),
    row("ark-ts to a directory", toDirectory, true),
  ];
  const notes: string[] = [];
  if (peer !== undefined) {
    const summary = summarise([{ ms: peer.ms, peakRssBytes: peer.peakRssBytes }]);
    rows.push({ what: "Velero 1.18.3 to MinIO", objects: peer.objects, summary });
    const faster = median([peer.ms / peer.objects / (toMinio.medianMs / objects)]);
    notes.push(`ark-ts to MinIO: ${faster.toFixed(1)} times Velero, per object.`);
  }
  return { title: `Capture of ${objects.toLocaleString("en-GB")} objects`, rows, notes };
}
