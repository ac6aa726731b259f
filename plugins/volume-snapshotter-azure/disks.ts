import {
  ArkError,
  type Clock,
  type Log,
  type PluginContext,
} from "../../src/plugin-sdk/volume-snapshotter.ts";
import { connectAzure } from "../shared-azure/connect.ts";
import type { ManagerAnswer, ManagerCall } from "../shared-azure/resource-manager.ts";
import { type Attempt, judge, toProviderError, withoutMaking } from "./errors.ts";
import type { AzureDiskOptions } from "./options.ts";
import { type Resource, readResource } from "./resource.ts";
import { pathOf, type ResourceId } from "./resource-id.ts";

/** Of the disks and snapshots of Microsoft.Compute. */
const apiVersion = "2023-10-02";
/** Where Azure says that no more calls are left, though it has not refused one yet. */
const spentPauseMs = 10_000;

/** Where something is, or is to be. */
export interface Place {
  readonly subscription: string;
  readonly resourceGroup: string;
}

/** Disks and snapshots of Azure, asked one call at a time. */
export interface AzureDisks {
  readonly display: string;
  readonly clock: Clock;
  readonly log: Log | undefined;
  /** How long an operation may take. */
  readonly apiTimeoutMs: number;
  /** Of the disks, by the credentials. Errors: ARK_CONFIG_INVALID. */
  diskPlace(): Promise<Place>;
  /** Errors: ARK_CONFIG_INVALID. */
  snapshotPlace(): Promise<Place>;
  /** Errors: AzureFailure, ARK_CONFIG_INVALID, the signal's reason. */
  send(call: Omit<ManagerCall, "signal">, signal: AbortSignal): Promise<ManagerAnswer>;
  /** undefined: it does not exist. Errors: ARK_PROVIDER_*. */
  find(id: ResourceId, attempt: Attempt, signal: AbortSignal): Promise<Resource | undefined>;
  close(): void;
}

/** No request is made. */
export function connectDisks(
  options: AzureDiskOptions,
  display: string,
  context: PluginContext,
): AzureDisks {
  const { credentialsFile, activeDirectoryAuthorityURI: authority } = options;
  const azure = connectAzure({ credentialsFile, authority }, context);
  const { clock } = context;
  let quietUntilMs = 0;
  const send: AzureDisks["send"] = async (call, signal) => {
    const quietMs = quietUntilMs - clock.monotonicMs();
    if (quietMs > 0) await clock.sleep(quietMs, signal);
    const manager = await azure.resourceManager();
    // An address that Azure has given has its own version.
    const version = call.path.startsWith("/") ? { apiVersion } : {};
    const answer = await manager.call({ ...call, ...version, signal });
    if (isSpent(answer)) quietUntilMs = clock.monotonicMs() + spentPauseMs;
    return answer;
  };
  const valueFor = async (key: string): Promise<string> => {
    const { values, source } = await azure.credentials.read();
    return values[key] ?? missing(key, source, display);
  };
  const subscription = () => valueFor("AZURE_SUBSCRIPTION_ID");
  const resourceGroup = () => valueFor("AZURE_RESOURCE_GROUP");
  return {
    ...{ display, clock, log: context.log, apiTimeoutMs: options.apiTimeoutMs, send },
    async diskPlace() {
      return { subscription: await subscription(), resourceGroup: await resourceGroup() };
    },
    async snapshotPlace() {
      return {
        subscription: options.subscriptionId ?? (await subscription()),
        resourceGroup: options.resourceGroup ?? (await resourceGroup()),
      };
    },
    async find(id, attempt, signal) {
      try {
        const { body } = await send({ method: "GET", path: pathOf(id) }, signal);
        return readResource(body);
      } catch (thrown) {
        signal.throwIfAborted();
        if (judge(thrown).isGone) return undefined;
        throw toProviderError(thrown, withoutMaking(attempt));
      }
    },
    close: () => azure.close(),
  };
}

/** `Microsoft.Compute/HighCostGet3Min;0`, or a bare number for the whole subscription. */
function isSpent({ headers }: ManagerAnswer): boolean {
  return Object.entries(headers).some(([name, value]) => {
    if (!name.startsWith("x-ms-ratelimit-remaining-")) return false;
    const counts = String(value).split(",");
    return counts.some((count) => count.split(";").at(-1)?.trim() === "0");
  });
}

function missing(key: string, source: string, display: string): never {
  throw new ArkError("ARK_CONFIG_INVALID", `${display}: ${source} has no ${key}`, {
    advice:
      "the credentials name subscription and resource group of the disks: of AKS it is the one of the nodes, MC_…",
  });
}
