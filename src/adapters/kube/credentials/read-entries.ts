import { isAbsolute, join } from "node:path";
import type { Cluster, User } from "@kubernetes/client-node";
import type {
  AuthProviderEntry,
  ClusterEntry,
  ExecEntry,
  Impersonation,
  UserEntry,
} from "./kubeconfig-entries.ts";
import { type Fields, fieldsAt, flagAt, isFields, listAt, textAt, textsAt } from "./yaml-fields.ts";

const execExtension = "client.authentication.k8s.io/exec";

/**
 * KubeConfig's reading of a cluster, and from `fields` (the same entry as it stands in the file)
 * what KubeConfig drops.
 */
export function toClusterEntry(cluster: Cluster, fields: Fields, folder: string): ClusterEntry {
  const where = `cluster "${cluster.name}"`;
  return {
    name: cluster.name,
    server: cluster.server,
    caData: cluster.caData || undefined,
    caFile: absolutePath(cluster.caFile, folder),
    skipTlsVerify: cluster.skipTLSVerify,
    tlsServerName: cluster.tlsServerName || undefined,
    proxyUrl: cluster.proxyUrl || undefined,
    disableCompression: flagAt(fields, "disable-compression", where),
    execConfig: readExecConfig(fields, where),
  };
}

/** The same for a user: KubeConfig drops `tokenFile` and all of impersonation but the name. */
export function toUserEntry(user: User, fields: Fields, folder: string): UserEntry {
  const where = `user "${user.name}"`;
  return {
    name: user.name,
    certData: user.certData || undefined,
    certFile: absolutePath(user.certFile, folder),
    keyData: user.keyData || undefined,
    keyFile: absolutePath(user.keyFile, folder),
    token: textAt(fields, "token", where),
    tokenFile: absolutePath(textAt(fields, "tokenFile", where), folder),
    username: textAt(fields, "username", where),
    password: textAt(fields, "password", where),
    exec: readExec(fields, where, folder),
    authProvider: readAuthProvider(fields, where),
    impersonate: readImpersonation(fields, where),
  };
}

function absolutePath(path: string | undefined | null, folder: string): string | undefined {
  if (!path) return undefined;
  return isAbsolute(path) ? path : join(folder, path);
}

/** A bare command is looked up on PATH; one with a slash starts at the kubeconfig's folder. */
function commandPath(command: string, folder: string): string {
  return command.includes("/") && !isAbsolute(command) ? join(folder, command) : command;
}

function readExec(fields: Fields, where: string, folder: string): ExecEntry | undefined {
  if (!isFields(fields["exec"])) return undefined;
  const exec = fieldsAt(fields, "exec", where);
  const here = `${where} exec`;
  return {
    apiVersion: textAt(exec, "apiVersion", here) ?? "",
    command: commandPath(textAt(exec, "command", here) ?? "", folder),
    args: textsAt(exec, "args", here),
    env: listAt(exec, "env", here).map((entry) => {
      const pair = isFields(entry) ? entry : {};
      return {
        name: textAt(pair, "name", `${here}.env`) ?? "",
        value: textAt(pair, "value", `${here}.env`) ?? "",
      };
    }),
    installHint: textAt(exec, "installHint", here),
    interactiveMode: textAt(exec, "interactiveMode", here),
    provideClusterInfo: flagAt(exec, "provideClusterInfo", here),
  };
}

function readAuthProvider(fields: Fields, where: string): AuthProviderEntry | undefined {
  if (!isFields(fields["auth-provider"])) return undefined;
  const provider = fieldsAt(fields, "auth-provider", where);
  const here = `${where} auth-provider`;
  const config = fieldsAt(provider, "config", here);
  const texts = Object.entries(config).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return { name: textAt(provider, "name", here) ?? "", config: Object.fromEntries(texts) };
}

function readImpersonation(fields: Fields, where: string): Impersonation {
  const extra = fieldsAt(fields, "as-user-extra", where);
  return {
    user: textAt(fields, "as", where),
    uid: textAt(fields, "as-uid", where),
    groups: textsAt(fields, "as-groups", where),
    extra: Object.fromEntries(
      Object.keys(extra).map((key) => [key, textsAt(extra, key, `${where} as-user-extra`)]),
    ),
  };
}

function readExecConfig(fields: Fields, where: string): unknown {
  for (const entry of listAt(fields, "extensions", where)) {
    if (isFields(entry) && entry["name"] === execExtension) return entry["extension"];
  }
  return undefined;
}
