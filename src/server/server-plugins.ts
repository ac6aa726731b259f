import type { PluginCommand, PluginHostOptions } from "../adapters/plugin-host/host-options.ts";
import { openRunActions } from "../adapters/plugin-host/item-actions/open-run-actions.ts";
import { openPluginObjectStore } from "../adapters/plugin-host/object-store/open-object-store.ts";
import { type SurveyedProgram, surveyPrograms } from "../adapters/plugin-host/survey-programs.ts";
import type { ServerPlugin } from "../controllers/server-status-request/server-status-request-controller.ts";
import { resolveTerm } from "../domain/selection/resolve-term.ts";
import { isGlob } from "../lib/glob.ts";
import type { LocationSpec } from "../plugin-sdk/object-store-plugin.ts";
import { fullPluginName } from "../plugin-wire/plugin-kinds.ts";
import type { Cluster } from "../ports/cluster.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { type ActionSource, noActions, type ResolveKind } from "../ports/run-actions.ts";
import type { ServerOptions } from "./server-options.ts";

/** The plugins in executables that the server has. */
export interface ServerPlugins {
  readonly listed: readonly ServerPlugin[];
  readonly actions: ActionSource;
  /** Undefined: none of them serves the provider. */
  openStore(location: LocationSpec): ObjectStore | undefined;
  /** The program that serves the volume snapshotter of this name; undefined: none does. */
  findSnapshotter(
    plugin: string,
  ): { readonly command: PluginCommand; readonly host: PluginHostOptions } | undefined;
}

type Options = Pick<ServerOptions, "pluginFolder" | "cluster" | "namespace" | "plugin" | "owner"> &
  Pick<ServerOptions, "clock" | "log">;

/**
 * Asks the executables of the folder what they serve. What cannot be asked is logged here, and
 * stops the runs that might need it: it is asked again by each of them.
 */
export async function openServerPlugins(
  options: Options,
  signal: AbortSignal,
): Promise<ServerPlugins> {
  const { pluginFolder, cluster, namespace, clock, log } = options;
  const host: PluginHostOptions = {
    env: options.plugin.env,
    veleroNamespace: namespace,
    hostPid: options.owner.pid,
    clock,
    log,
  };
  const survey = () => surveyPrograms(pluginFolder, host, signal);
  let programs: readonly SurveyedProgram[] = await survey();
  for (const { command, plugins, passedOver, failure } of programs) {
    const program = command.path;
    if (failure !== undefined) log.write("error", "a plugin cannot be used", { program, failure });
    for (const sentence of passedOver) {
      log.write("warn", "a plugin is passed over", { program, why: sentence });
    }
    const names = plugins.map(({ kind, name }) => `${kind} ${name}`);
    if (names.length > 0) log.write("info", "plugins are served", { program, plugins: names });
  }
  const find = (wanted: "ObjectStore" | "VolumeSnapshotter", plugin: string) =>
    programs.find(({ plugins }) =>
      plugins.some(({ kind, name }) => kind === wanted && name === plugin),
    );
  return {
    listed: programs.flatMap(({ plugins }) => plugins.map(({ kind, name }) => ({ kind, name }))),
    actions: {
      async open({ learnKinds, ...request }, until) {
        if (programs.some(({ failure }) => failure !== undefined)) programs = await survey();
        if (programs.length === 0) return noActions;
        const resolveKind = await (learnKinds ?? (() => kindsOfCluster(cluster, until)))();
        return await openRunActions(
          { ...request, programs },
          { ...host, namespace, resolveKind },
          until,
        );
      },
    },
    openStore(location) {
      const plugin = fullPluginName(location.provider);
      const found = find("ObjectStore", plugin);
      return found && openPluginObjectStore({ command: found.command, plugin, location }, host);
    },
    findSnapshotter(plugin) {
      const found = find("VolumeSnapshotter", plugin);
      return found && { command: found.command, host };
    },
  };
}

async function kindsOfCluster(cluster: Cluster, signal: AbortSignal): Promise<ResolveKind> {
  const { kinds } = await cluster.discover({ signal });
  return (name) => (isGlob(name) ? undefined : resolveTerm(name, kinds, []).selected[0]);
}
