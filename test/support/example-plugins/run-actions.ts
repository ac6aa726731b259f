/**
 * Item actions as an author would write them, for runs that are watched from outside: each call is
 * a line in the file that RUN_ACTIONS_LOG names, and what they keep is in files beside it.
 */
import { appendFileSync, existsSync, writeFileSync } from "node:fs";
import { type Item, type PluginDefinition, servePlugin } from "../../../src/plugin-sdk/serve.ts";

const logFile = process.env["RUN_ACTIONS_LOG"] ?? "/dev/null";

interface Shape {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

const metadataOf = (item: Item): Shape["metadata"] => (item.object() as unknown as Shape).metadata;

function called(what: string, item: Item): void {
  appendFileSync(logFile, `${what} ${metadataOf(item).name}\n`);
}

function changed(item: Item, key: string): Record<string, unknown> {
  const object = item.object();
  return { ...object, data: { ...(object["data"] as object), [key]: "seen" } };
}

/** An item with the annotation `test/crash` ends the process, the first time it is seen. */
function crashOnce(item: Item): void {
  const { annotations = {}, name } = metadataOf(item);
  const mark = `${logFile}.${name}`;
  if (annotations["test/crash"] === undefined || existsSync(mark)) return;
  writeFileSync(mark, "");
  process.kill(process.pid, "SIGKILL");
}

const maps = { includedResources: ["ConfigMap"] };
const marked = { ...maps, selector: "operate=yes" };

const definition: PluginDefinition = {
  backupActions: {
    "example.io/mark": {
      appliesTo: maps,
      async execute(item, backup) {
        called(`backup of ${(backup["metadata"] as { name: string }).name}:`, item);
        crashOnce(item);
        const { annotations = {}, namespace = "" } = metadataOf(item);
        if (annotations["test/error"] !== undefined) throw new Error("it was told to fail");
        const secret = annotations["test/secret"];
        return {
          item: changed(item, "backup"),
          additionalItems:
            secret === undefined
              ? []
              : [{ group: "", resource: "secrets", namespace, name: secret }],
        };
      },
    },
  },
  backupActionsV2: {
    "example.io/operate": {
      appliesTo: marked,
      async execute(item, backup) {
        called("operation on", item);
        if ((backup["status"] as { phase: string }).phase !== "InProgress") return {};
        const { name, namespace = "" } = metadataOf(item);
        const self = { group: "", resource: "configmaps", namespace, name };
        return { operationId: `op-${name}`, postOperationItems: [self] };
      },
      progress: async (operationId) => ({ completed: true, description: operationId }),
      cancel: async () => undefined,
    },
  },
  restoreActions: {
    "example.io/remark": {
      appliesTo: maps,
      async execute(item) {
        called("restore of", item);
        const skip = metadataOf(item).annotations?.["test/skip"] !== undefined;
        return skip ? { skipRestore: true } : { item: changed(item, "restore") };
      },
    },
  },
  restoreActionsV2: {
    "example.io/await": {
      appliesTo: marked,
      execute: async (item) => ({ operationId: `restore-${metadataOf(item).name}` }),
      progress: async (operationId) => ({ completed: true, description: operationId }),
      cancel: async () => undefined,
      areAdditionalItemsReady: async () => true,
    },
  },
  deleteActions: {
    "example.io/forget": {
      appliesTo: maps,
      async execute(item) {
        called("deletion of", item);
        const { annotations = {} } = metadataOf(item);
        if (annotations["test/undeletable"] !== undefined) throw new Error("it was told to fail");
      },
    },
  },
  blockActions: {
    "example.io/together": {
      appliesTo: maps,
      async relatedItems(item) {
        called("block of", item);
        called(`namespace ${process.env["VELERO_NAMESPACE"] ?? "none"} with`, item);
        return [];
      },
    },
  },
};

void servePlugin(definition, process);
