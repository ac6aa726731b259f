/**
 * A process that campaigns for a Lease and, while it leads, writes its epoch without a pause:
 * `lease-holder.ts KUBECONFIG NAMESPACE IDENTITY TIMES`, TIMES being JSON. Tells on stdout what becomes of it, and on file descriptor 3 each write that it begins.
 */
import { writeSync } from "node:fs";
import { createLeaderElection } from "../../src/runtime/leader-election.ts";
import { kindOf } from "./kinds.ts";
import { clock, connect } from "./real-cluster.ts";

const [kubeconfig = "", namespace = "", identity = "", times = "{}"] = process.argv.slice(2);
const tell = (line: string) => process.stdout.write(`${line}\n`);
const { cluster } = await connect(kubeconfig);
const { cluster: writer } = await connect(kubeconfig);
const election = createLeaderElection(
  { cluster, clock, log: { write: () => undefined } },
  { namespace, name: "leader", identity, ...JSON.parse(times) },
);
const stop = new AbortController();
/** The fence alone is to hold back writes, not the signal, whose timer often runs before them. */
const { signal } = new AbortController();
process.once("SIGTERM", () => stop.abort());
const work = { kind: kindOf("configmaps", { kind: "ConfigMap" }), namespace, name: "work" };

await election.run(async (term) => {
  tell(`leads ${term.epoch}`);
  const { fence } = term;
  try {
    for (let count = 0; !stop.signal.aborted; count += 1) {
      const data = { epoch: `${term.epoch}`, by: identity, count: `${count}` };
      writeSync(3, `${count}\n`);
      const body = Buffer.from(JSON.stringify({ data }));
      await writer.patch(work, "merge", body, { signal, fence });
    }
    tell(`drained ${term.epoch}`);
  } catch (error) {
    tell(`lost ${term.epoch} ${(error as { readonly code?: string }).code ?? String(error)}`);
  }
}, stop.signal);
await Promise.all([cluster.close(), writer.close()]);
tell("ended");
