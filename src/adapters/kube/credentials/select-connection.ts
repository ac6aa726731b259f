import { ArkError } from "../../../lib/errors.ts";
import { anonymousUser, type Connection } from "./kubeconfig-entries.ts";
import type { Kubeconfig } from "./load-kubeconfig.ts";

/**
 * The context asked for (or the current one) with its cluster and user. Throws
 * ARK_KUBECONFIG_INVALID with a sentence about what is missing.
 */
export function selectConnection(kubeconfig: Kubeconfig, asked: string | undefined): Connection {
  const name = asked || kubeconfig.currentContext;
  if (name === "") throw noCurrentContext(kubeconfig);
  if (!kubeconfig.contextNames.includes(name)) throw noSuchContext(kubeconfig, name, !!asked);
  const context = kubeconfig.context(name);
  if (context === undefined) {
    throw broken(kubeconfig, `context "${name}" names no cluster`);
  }
  const cluster = kubeconfig.cluster(context.cluster);
  if (cluster === undefined) {
    throw broken(
      kubeconfig,
      `context "${name}" points at cluster "${context.cluster}", which is missing or has no server`,
    );
  }
  const user = context.user === "" ? anonymousUser : kubeconfig.user(context.user);
  if (user === undefined) {
    throw broken(
      kubeconfig,
      `context "${name}" points at user "${context.user}", which is missing`,
    );
  }
  return { context, cluster, user };
}

function noCurrentContext(kubeconfig: Kubeconfig): ArkError {
  return new ArkError("ARK_KUBECONFIG_INVALID", "the kubeconfig sets no current context", {
    tried: `read ${quotedList(kubeconfig.paths)}`,
    answer: contextsThereAre(kubeconfig),
    advice: "choose one with --context, or with `kubectl config use-context NAME`",
  });
}

function noSuchContext(kubeconfig: Kubeconfig, name: string, asked: boolean): ArkError {
  const message = asked
    ? `the kubeconfig has no context "${name}"`
    : `the kubeconfig's current context "${name}" does not exist`;
  return new ArkError("ARK_KUBECONFIG_INVALID", message, {
    tried: `looked in ${quotedList(kubeconfig.paths)}`,
    answer: contextsThereAre(kubeconfig),
    advice: asked
      ? "give --context one of these names"
      : "choose one of these with --context, or with `kubectl config use-context NAME`",
  });
}

function broken(kubeconfig: Kubeconfig, message: string): ArkError {
  return new ArkError("ARK_KUBECONFIG_INVALID", message, {
    tried: `read ${quotedList(kubeconfig.paths)}`,
    advice: "correct that entry of the kubeconfig, or choose another context with --context",
  });
}

const listedContexts = 20;

function contextsThereAre(kubeconfig: Kubeconfig): string {
  const names = kubeconfig.contextNames;
  if (names.length === 0) return "there is no context in it";
  const more = names.length > listedContexts ? ` and ${names.length - listedContexts} more` : "";
  return `contexts there are: ${names.slice(0, listedContexts).join(", ")}${more}`;
}

function quotedList(paths: readonly string[]): string {
  return paths.map((path) => `"${path}"`).join(", ");
}
