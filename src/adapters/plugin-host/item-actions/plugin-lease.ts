/**
 * Item actions of one program for one backup or restore: a process of their own, as plugins expect,
 * for some keep what they know of a run in memory. Calls for one name are made one at a time.
 */

import type { GroupResource } from "../../../api/resource-kind.ts";
import { ArkError } from "../../../lib/errors.ts";
import { createSemaphore } from "../../../lib/semaphore.ts";
import type { Method } from "../../../plugin-wire/method.ts";
import type { PluginKind } from "../../../plugin-wire/plugin-kinds.ts";
import { type ActionKind, appliesToOf } from "../../../plugin-wire/services/item-actions.ts";
import type { ResourceSelector } from "../../../plugin-wire/services/shared-messages.ts";
import type { ItemSelector } from "../../../ports/item-action.ts";
import type { PluginCommand, PluginHostOptions } from "../host-options.ts";
import type { ListedPlugin } from "../list-plugins.ts";
import { openPluginSession, type WarmUp } from "../plugin-session.ts";

export interface ActionHost extends PluginHostOptions {
  /** Of the server, or what stands for it; plugins find it in the backup or restore. */
  readonly namespace: string;
  /** What a name in a selector of a plugin means, in any of its forms; undefined: no kind. */
  readonly resolveKind: (name: string) => GroupResource | undefined;
}

/** One action of a running program. */
export interface LeasedAction {
  readonly name: string;
  readonly kind: PluginKind;
  readonly appliesTo: ItemSelector;
  /** For errors: `acme.io/stamp (/plugins/acme)`. */
  readonly display: string;
  call<Request extends { readonly plugin: string }, Response>(
    method: Method<Request, Response>,
    request: Partial<Omit<Request, "plugin">>,
    signal: AbortSignal,
  ): Promise<Response>;
}

export interface PluginLease {
  readonly actions: readonly LeasedAction[];
  close(): Promise<void>;
}

/** Starts the program, and asks each of `listed` which items it is for. Errors: ARK_PLUGIN_*. */
export async function leaseActions(
  command: PluginCommand,
  listed: readonly (ListedPlugin & { readonly kind: ActionKind })[],
  host: ActionHost,
  signal: AbortSignal,
): Promise<PluginLease> {
  const selectors = new Map<string, ItemSelector>();
  const key = ({ kind, name }: ListedPlugin): string => `${kind} ${name}`;
  const warmUps = listed.map(
    (plugin): WarmUp =>
      async (connection, warmSignal) => {
        const request = { plugin: plugin.name };
        const { selector } = await connection.call(appliesToOf[plugin.kind], request, warmSignal);
        selectors.set(key(plugin), toSelector(selector, host.resolveKind));
      },
  );
  const session = openPluginSession(command, warmUps, host);
  try {
    await session.warmUp(signal);
  } catch (thrown) {
    await session.close();
    throw thrown;
  }
  const actions = listed.map((plugin): LeasedAction => {
    const turn = createSemaphore(1);
    return {
      ...plugin,
      appliesTo: selectors.get(key(plugin)) ?? {},
      display: `${plugin.name} (${session.display})`,
      async call(method, request, callSignal) {
        const leave = await turn.enter(callSignal);
        try {
          return await session.call(method, named(request, plugin.name), callSignal);
        } catch (thrown) {
          throw withAnswer(thrown, plugin.name);
        } finally {
          leave();
        }
      },
    };
  });
  return { actions, close: () => session.close() };
}

/** What runs tell of an item is the sentence alone: it holds the plugin's own words as well. */
function withAnswer(thrown: unknown, name: string): unknown {
  if (!(thrown instanceof ArkError)) return thrown;
  const { code, message, answer, advice, disposition } = thrown;
  return new ArkError(code, `${name} of ${message}${answer === undefined ? "" : `: ${answer}`}`, {
    ...(advice !== undefined && { advice }),
    disposition,
    cause: thrown,
  });
}

function named<Request extends { readonly plugin: string }>(
  request: Partial<Omit<Request, "plugin">>,
  plugin: string,
): Partial<Request> {
  return { ...request, plugin } as unknown as Partial<Request>;
}

function toSelector(
  wire: ResourceSelector | undefined,
  resolveKind: ActionHost["resolveKind"],
): ItemSelector {
  if (wire === undefined) return {};
  // A name that means no kind here is kept: it then selects nothing, instead of everything.
  const kinds = (names: readonly string[]) => names.map((name) => resolveKind(name) ?? name);
  return {
    includedNamespaces: wire.includedNamespaces,
    excludedNamespaces: wire.excludedNamespaces,
    includedResources: kinds(wire.includedResources),
    excludedResources: kinds(wire.excludedResources),
    labelSelector: wire.selector,
  };
}
