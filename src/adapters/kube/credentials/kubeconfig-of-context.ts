import { isAbsolute, join } from "node:path";
import {
  chooseKubeconfigFiles,
  type KubeconfigWhere,
  readKubeconfigFiles,
} from "./kubeconfig-files.ts";
import { type EntryFields, loadKubeconfig } from "./load-kubeconfig.ts";
import { selectConnection } from "./select-connection.ts";
import { type Fields, isFields } from "./yaml-fields.ts";

export interface ContextChoice extends KubeconfigWhere {
  /** Default: the current one. */
  readonly context?: string | undefined;
  readonly impersonate?: { readonly user: string; readonly groups: readonly string[] };
}

const clusterPaths = ["certificate-authority"];
const userPaths = ["client-certificate", "client-key", "tokenFile"];

/**
 * A kubeconfig with one context, which is the current one: for programs that know no flags of ours.
 * It holds what the user's files say of it, and is as secret as they are. Undefined: there is no
 * kubeconfig, as in a pod. Errors: ARK_KUBECONFIG_INVALID.
 */
export async function kubeconfigOfContext(choice: ContextChoice): Promise<string | undefined> {
  const files = await readKubeconfigFiles(chooseKubeconfigFiles(choice));
  if (files.length === 0) return undefined;
  const kubeconfig = await loadKubeconfig(files);
  const { context, cluster } = selectConnection(kubeconfig, choice.context);
  const { name, user } = context;
  const { impersonate } = choice;
  const as = impersonate && { as: impersonate.user, "as-groups": impersonate.groups };
  const ofUser = { ...withWholePaths(kubeconfig.fields("users", user), userPaths), ...as };
  // Who has no user may still be another one.
  const userName = user === "" && as !== undefined ? "ark-ts" : user;
  const ofContext = { ...kubeconfig.fields("contexts", name)?.fields, user: userName };
  const whole = {
    ...{ apiVersion: "v1", kind: "Config", "current-context": name },
    contexts: [{ name, context: ofContext }],
    clusters: [
      {
        name: cluster.name,
        cluster: withWholePaths(kubeconfig.fields("clusters", cluster.name), clusterPaths),
      },
    ],
    users: userName === "" ? [] : [{ name: userName, user: ofUser }],
  };
  return `${JSON.stringify(whole)}\n`;
}

/** Paths, and the command of a credential plugin, no longer start where the file was. */
function withWholePaths(entry: EntryFields | undefined, keys: readonly string[]): Fields {
  if (entry === undefined) return {};
  const { fields, folder } = entry;
  const whole = (value: unknown): unknown =>
    typeof value === "string" && value !== "" && !isAbsolute(value) ? join(folder, value) : value;
  const paths = keys.filter((key) => key in fields).map((key) => [key, whole(fields[key])]);
  const { exec } = fields;
  const isPath = isFields(exec) && String(exec["command"]).includes("/");
  return {
    ...fields,
    ...Object.fromEntries(paths),
    ...(isPath && { exec: { ...exec, command: whole(exec["command"]) } }),
  };
}
