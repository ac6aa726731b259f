import type { PluginChange } from "../install/change-plugins.ts";
import type { PluginPlan } from "../install/plan-plugins.ts";
import type { Cluster } from "../ports/cluster.ts";
import type { Invocation } from "./command-spec.ts";
import { printResource } from "./render/resource-output.ts";
import type { Session } from "./session.ts";
import { usageError } from "./usage-error.ts";

/** An image never begins like a path. */
export const isPath = (what: string): boolean => /^(?:\/|\.\.?(?:\/|$))/.test(what);

/** Errors: ARK_USAGE for a flag that means nothing to an executable in a folder. */
export function onlyForImages({ flags }: Invocation): void {
  const names = ["image-pull-policy", "wait", "namespace", "context", "kubeconfig", "as"];
  const typed = names.find((name) => flags.has(name));
  if (typed === undefined) return;
  throw usageError(`--${typed} has no effect on an executable in a folder: no cluster is asked`);
}

/** Namespace of the server. */
export const serverOf = ({ config, invocation: { flags } }: Session): string =>
  flags.text("namespace") ?? config.serverNamespace ?? "ark-ts";

/** Tells what was done; as yaml or json the Deployment, as it would be with `--dry-run`. */
export async function printChange(
  session: Session,
  { plan, deployment }: PluginChange,
): Promise<void> {
  const { environment, flags } = session.invocation;
  const isDryRun = flags.boolean("dry-run") === true;
  await printResource(environment, flags.text("output"), {
    value: deployment,
    table: () => `${changeText(plan, isDryRun)}\n`,
    names: [`plugin/${plan.plugin.name}`],
  });
  if (plan.action === "leave" || isDryRun) return;
  session.note(
    `the server's pods are started anew one after the other; what one has begun goes on in the next${flags.boolean("wait") === true ? "" : "; ark-ts plugin get says what has come of it"}`,
  );
}

/** One sentence. */
export function changeText({ action, plugin, before }: PluginPlan, isDryRun: boolean): string {
  const subject = `plugin ${plugin.name}`;
  const was = isDryRun ? "would be" : "was";
  switch (action) {
    case "add":
      return `${subject} ${was} added, of image ${plugin.image}`;
    case "remove":
      return `${subject} ${was} removed, of image ${plugin.image}`;
    case "leave":
      return `${subject} is there already, of image ${plugin.image}`;
    case "change":
      return before === undefined || before.image === plugin.image
        ? `${subject} ${was} changed: it is pulled by another rule, or its folder was missing`
        : `${subject} ${was} changed: image ${plugin.image} in place of ${before.image}`;
  }
}

/** With `--wait`: until the new pods are ready; `otherwise` if not. Errors: ARK_SERVER_NOT_READY. */
export async function awaitPods(
  session: Session,
  { cluster, namespace }: { readonly cluster: Cluster; readonly namespace: string },
  otherwise: string,
): Promise<void> {
  const { flags } = session.invocation;
  if (flags.boolean("wait") !== true || flags.boolean("dry-run") === true) return;
  const { awaitServer } = await import("../install/await-server.ts");
  const onWait = (sentence: string) => session.note(`waiting for the server: ${sentence}`);
  const ports = { cluster, clock: session.clock, onWait, otherwise };
  await awaitServer(namespace, ports, session.signal);
  session.note(`the server in namespace ${namespace} is ready`);
}
