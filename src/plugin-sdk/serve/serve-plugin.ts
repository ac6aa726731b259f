import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ArkError } from "../../lib/errors.ts";
import { answer, answerEach, type Handler, serveGrpc } from "../../plugin-wire/grpc-server.ts";
import { formatHandshake, magicCookie } from "../../plugin-wire/handshake.ts";
import { faultOfPluginName, type PluginKind } from "../../plugin-wire/plugin-kinds.ts";
import {
  healthCheck,
  healthServing,
  listPlugins,
  shutdown,
  streamStdio,
} from "../../plugin-wire/services/go-plugin.ts";
import type { PluginDefinition } from "./plugin-definition.ts";
import { itemHandlers } from "./served-items.ts";
import { objectStoreHandlers, volumeSnapshotterHandlers } from "./served-stores.ts";

/** What `servePlugin` needs of its process; Node's `process` is one. */
export interface PluginRuntime {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly argv: readonly string[];
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  exit(code: number): never;
}

/**
 * Serves the plugins of `definition` to Velero or ark-ts, until it is told to end. To be called
 * once, first thing in the executable: `servePlugin(definition, process)`. Nothing else may write
 * to stdout before. Run by hand it says what it is, and exits with status 1.
 */
export async function servePlugin(
  definition: PluginDefinition,
  runtime: PluginRuntime,
): Promise<void> {
  const { env, argv, stdout, stderr } = runtime;
  if (env[magicCookie.name] !== magicCookie.value) {
    stderr.write("This is a plugin of Velero, started by Velero or ark-ts, and not by hand.\n");
    runtime.exit(1);
  }
  const folder = env["PLUGIN_UNIX_SOCKET_DIR"] ?? tmpdir();
  const socketPath = join(folder, `plugin${randomBytes(6).toString("hex")}`);
  // Velero starts this path again for each run: it must be the executable file itself.
  const command = argv[1] ?? argv[0] ?? "";
  const end = (): void => {
    server.stop();
    runtime.exit(0);
  };
  const server = await serveGrpc(
    [
      ...ownHandlers(listed(definition, command), end),
      ...objectStoreHandlers(definition),
      ...volumeSnapshotterHandlers(definition),
      ...itemHandlers(definition),
    ],
    socketPath,
  );
  stdout.write(formatHandshake(socketPath));
}

interface Identifier {
  readonly command: string;
  readonly kind: PluginKind;
  readonly name: string;
}

/** Errors: ARK_NAME_INVALID. */
function listed(definition: PluginDefinition, command: string): readonly Identifier[] {
  const kinds: readonly (readonly [PluginKind, object | undefined])[] = [
    ["ObjectStore", definition.objectStores],
    ["VolumeSnapshotter", definition.volumeSnapshotters],
    ["BackupItemAction", definition.backupActions],
    ["BackupItemActionV2", definition.backupActionsV2],
    ["RestoreItemAction", definition.restoreActions],
    ["RestoreItemActionV2", definition.restoreActionsV2],
    ["DeleteItemAction", definition.deleteActions],
    ["ItemBlockAction", definition.blockActions],
  ];
  return kinds.flatMap(([kind, plugins]) =>
    Object.keys(plugins ?? {}).map((name) => {
      const fault = faultOfPluginName(name);
      if (fault === undefined) return { command, kind, name };
      throw new ArkError("ARK_NAME_INVALID", `plugin ${JSON.stringify(name)}: ${fault}`);
    }),
  );
}

function ownHandlers(plugins: readonly Identifier[], end: () => void): readonly Handler[] {
  return [
    answer(listPlugins, async () => ({ plugins })),
    answer(healthCheck, async () => ({ status: healthServing })),
    answer(shutdown, async () => {
      // The answer goes out first.
      setImmediate(end);
      return {};
    }),
    // What a plugin prints goes to stderr, which the host reads as well: this only stays open.
    answerEach(streamStdio, async function* (_request, signal) {
      await new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }),
  ];
}
