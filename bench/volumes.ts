/** Claims that are snapshotted in one backup, by a real driver and external-snapshotter on a real node. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { mapConcurrently } from "../src/lib/concurrency.ts";
import { type CsiClaims, createCsiClaims, type Fault } from "../test/support/csi-claims.ts";
import { type NodeAccess, sharedNode, whyNoSharedNode } from "../test/support/shared-node.ts";
import { uniqueNamespace } from "../test/support/shared-testbed.ts";
import { createMeasuredArk, type MeasuredArk } from "./measured-ark.ts";
import { tell } from "./progress.ts";
import type { Row, Section } from "./report.ts";
import { type Sample, summarise } from "./samples.ts";

const slowMs = 500;
const rateMs = 100;
/** That are made at once, before anything is measured. */
const madeAtOnce = 16;

/** `count` claims, once with a driver that is slow, and once with one that refuses for rate. */
export async function benchVolumes(count: number): Promise<Section> {
  const reason = await whyNoSharedNode();
  if (reason !== false) throw new Error(`this bench needs a real node: ${reason}`);
  const node = await sharedNode();
  const ark = createMeasuredArk(node.controlPlane.kubeconfig);
  try {
    const slow = await backUp(node, ark, count, { fault: "slow", milliseconds: `${slowMs}` });
    const rate = await backUp(node, ark, count, { fault: "rate", milliseconds: `${rateMs}` });
    const rows = [
      ...pair(count, `sum of the driver's time, ${slowMs} ms each`, count * slowMs, slow.sample),
      ...pair(count, `what the driver allows, one in ${rateMs} ms`, count * rateMs, rate.sample),
    ];
    const notes = [
      `Slow driver: ${slow.calls} calls for ${count} snapshots.`,
      `Refusing driver: ${rate.calls} calls, of which ${rate.refused} were refused for rate; each claim has one snapshot.`,
    ];
    return { title: `Backup of ${count} claims with CSI snapshots`, rows, notes };
  } finally {
    ark.remove();
  }
}

function pair(objects: number, reference: string, ms: number, sample: Sample): readonly Row[] {
  const ratio = { to: reference.split(",")[0] ?? "", value: ms / sample.ms };
  return [
    { what: reference, objects, summary: summarise([{ ms }]) },
    { what: "ark-ts", objects, summary: summarise([sample]), ratio },
  ];
}

interface Measured {
  readonly sample: Sample;
  readonly calls: number;
  readonly refused: number;
}

async function backUp(
  node: NodeAccess,
  ark: MeasuredArk,
  count: number,
  fault: Fault,
): Promise<Measured> {
  const namespace = uniqueNamespace("bench");
  const claims = await createCsiClaims(node, namespace);
  try {
    tell(`${count} claims to be made`);
    const snapshotClass = await claims.snapshotClass("bench", fault);
    const names = Array.from({ length: count }, (_, at) => `claim-${at}`);
    const volumes = await mapConcurrently(names, madeAtOnce, (name) =>
      claims.create(name, { snapshotClass }),
    );
    tell(`backup with a driver of fault ${fault["fault"]}`);
    const before = createCalls(node).length;
    const flags = ["--include-namespaces", namespace, "--mode", "standalone"];
    const sample = await ark.run("backup", "create", namespace, ...flags);
    const calls = createCalls(node).slice(before);
    checkAll(claims, volumes);
    await ark.run("backup", "delete", namespace, "--confirm", "--mode", "standalone");
    const refused = calls.filter((line) => line.includes("ResourceExhausted")).length;
    return { sample, calls: calls.length, refused };
  } finally {
    await claims.remove();
  }
}

/** Lines of the driver's log. */
function createCalls({ folder }: NodeAccess): readonly string[] {
  const text = readFileSync(join(folder, "log/csi-driver.log"), "utf8");
  return text.split("\n").filter((line) => line.includes("/CreateSnapshot "));
}

function checkAll(claims: CsiClaims, volumes: readonly string[]): void {
  for (const volume of volumes) {
    const [one, ...others] = claims.snapshots(volume);
    if (one?.hash === claims.hash(volume) && others.length === 0) continue;
    throw new Error(`volume ${volume} has not one snapshot of what is in it`);
  }
}
