import { ArkError } from "../lib/errors.ts";
import type { Mode } from "./config/cli-config.ts";

/** What a look at the cluster found out about an ark-ts server. */
export type Sighting =
  /** The kinds of velero.io are not served, or there is no Lease. */
  | { readonly kind: "no-server" }
  /** The Lease is there, and who held it has given it up: it was stopped, or another is to follow. */
  | { readonly kind: "released"; readonly namespace: string }
  | { readonly kind: "live"; readonly namespace: string; readonly holder: string }
  | {
      readonly kind: "stale";
      readonly namespace: string;
      readonly holder: string;
      readonly renewedAt: string;
    }
  | { readonly kind: "forbidden"; readonly answer: string }
  /** No kubeconfig, credentials that are refused, an API server that gives no useful answer in time. */
  | { readonly kind: "no-cluster"; readonly reason: string };

/** What the command does with cluster and store; it decides what an unreachable cluster means. */
export type CommandNeed = "cluster" | "read-store" | "write-store";

export interface ModeEvidence {
  /** `--mode`. */
  readonly asked: Mode | undefined;
  /** The mode kept for the context. */
  readonly kept: Mode | undefined;
  /** Name of the kubeconfig context; empty where there is none. */
  readonly context: string;
  readonly need: CommandNeed;
  /** Looks at the cluster; called only where neither `asked` nor `kept` decides. */
  readonly look: () => Promise<Sighting>;
}

export interface ModeDecision {
  readonly mode: Mode;
  /** Why, as the clause after `standalone:` or `server:`. */
  readonly reason: string;
}

/**
 * `--mode`, then the kept mode, then what is seen (design part 3). A Lease that is stale or
 * held by nobody, and a refusal while looking, are errors (ARK_MODE_UNCLEAR), never a fallback.
 */
export async function decideMode(evidence: ModeEvidence): Promise<ModeDecision> {
  const { asked, kept, context } = evidence;
  const where = context === "" ? "this cluster" : `context ${context}`;
  if (asked !== undefined) return { mode: asked, reason: "as --mode says" };
  if (kept !== undefined) {
    return { mode: kept, reason: `kept for ${where} (ark-ts mode set auto forgets it)` };
  }
  return judge(await evidence.look(), evidence.need, where);
}

function judge(sighting: Sighting, need: CommandNeed, where: string): ModeDecision {
  switch (sighting.kind) {
    case "no-server":
      return { mode: "standalone", reason: `no ark-ts server in ${where}` };
    case "live":
      return {
        mode: "server",
        reason: `${sighting.holder} leads in namespace ${sighting.namespace} of ${where}`,
      };
    case "released":
      throw unclear(
        `an ark-ts server was in namespace ${sighting.namespace} of ${where}, and none leads there now`,
        "Lease ark-ts was given up: the server was stopped or scaled down, or its pods are being replaced; in the last case try again in a moment",
      );
    case "stale":
      throw unclear(
        `an ark-ts server was in namespace ${sighting.namespace} of ${where}, and gives no sign of life`,
        `Lease ark-ts, held by ${sighting.holder}, was last renewed ${sighting.renewedAt}`,
      );
    case "forbidden":
      throw unclear(`whether an ark-ts server is in ${where} cannot be seen`, sighting.answer);
    case "no-cluster":
      if (need === "read-store") {
        const answer = `no cluster could be asked (${sighting.reason})`;
        return { mode: "standalone", reason: `${answer}; --mode standalone does not ask` };
      }
      throw unclear("whether a server looks after this location cannot be seen", sighting.reason);
  }
}

function unclear(message: string, answer: string): ArkError {
  return new ArkError("ARK_MODE_UNCLEAR", message, {
    tried: "to find out whether a server should do the work",
    answer,
    advice:
      "if no ark-ts server looks after it, or the cluster is gone: --mode standalone (this command does the work, and the cluster is not asked); `ark-ts mode set MODE` keeps a mode for this context",
  });
}
