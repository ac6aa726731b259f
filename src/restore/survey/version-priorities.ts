import type { RunLog } from "../../catalog/run-log.ts";
import {
  parseVersionPriorities,
  type VersionPriorities,
} from "../../domain/restore/choose-version.ts";
import type { RuleSource } from "../../domain/rule-source.ts";
import { ArkError, hasCode } from "../../lib/errors.ts";
import type { ClusterReader } from "../../ports/cluster.ts";
import { readConfigMap } from "../changes/read-config-map.ts";

/** Velero's names of the ConfigMap and of its key. */
export const priorityConfigMap = "enableapigroupversions";
const priorityKey = "restoreResourcesVersionPriority";

const none: VersionPriorities = { ofKind: new Map(), unread: [] };

interface Ports {
  readonly cluster: ClusterReader;
  readonly log: RunLog;
}

/**
 * The user's order of versions: `named`, or the ConfigMap of Velero's name in `namespace` if it is
 * there. What of it cannot be used is a warning. Errors: ARK_VERSION_PRIORITIES and those of the
 * read for a ConfigMap that was named.
 */
export async function loadVersionPriorities(
  named: RuleSource | undefined,
  namespace: string,
  ports: Ports,
  signal: AbortSignal,
): Promise<VersionPriorities> {
  const source = named ?? { kind: "configmap", namespace, name: priorityConfigMap };
  const where =
    source.kind === "text" ? source.where : `ConfigMap ${source.namespace}/${source.name}`;
  const text =
    source.kind === "text"
      ? source.text
      : await orWarn(named === undefined, where, ports.log, () =>
          priorityText(source, ports.cluster, signal),
        );
  if (text === undefined) {
    if (named === undefined) return none;
    throw new ArkError(
      "ARK_VERSION_PRIORITIES",
      `the priorities of versions cannot be read: there is no ${where} with the key ${priorityKey}`,
      { advice: "create it, or give a file with --version-priorities-file" },
    );
  }
  const priorities = parseVersionPriorities(text);
  for (const line of priorities.unread) {
    ports.log.find({
      severity: "warning",
      code: "ARK_VERSION_PRIORITIES",
      message: `${where}: the line ${JSON.stringify(line)} is not used`,
      advice: "write RESOURCE.GROUP=VERSION,VERSION, as in bands.music.example.io=v2,v1",
    });
  }
  return priorities;
}

/** Nobody asked for the ConfigMap: who may not read it restores all the same. */
async function orWarn(
  mayFail: boolean,
  where: string,
  log: RunLog,
  read: () => Promise<string | undefined>,
): Promise<string | undefined> {
  try {
    return await read();
  } catch (thrown) {
    if (!mayFail || !hasCode(thrown, "ARK_API_FORBIDDEN")) throw thrown;
    log.find({
      severity: "warning",
      code: "ARK_VERSION_PRIORITIES",
      message: `whether ${where} has an order of versions is not known: this user may not read it`,
      advice: "get the right to read it, or give a file with --version-priorities-file",
    });
    return undefined;
  }
}

/** Undefined where it, or its key, is not there. */
async function priorityText(
  place: { readonly namespace: string; readonly name: string },
  cluster: ClusterReader,
  signal: AbortSignal,
): Promise<string | undefined> {
  return (await readConfigMap(cluster, place, signal))?.data[priorityKey];
}
