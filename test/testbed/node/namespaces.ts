/**
 * The namespaces in which everything of a node runs: processes, mounts, network. They end with
 * their first process, and the kernel then ends all that is in them.
 */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProcess, type ProcessGroup, type ProcessSpec } from "../process-group.ts";
import { type ProcessMark, sessionMembers } from "../process-table.ts";

/** Folders that programs of a node insist on; inside, they are folders of the instance. */
export const hiddenFolders = ["/var/lib", "/var/log", "/run"] as const;

/**
 * What the kubelet would set for the whole machine. Inside, each is a file that says so already, so
 * that it sets nothing.
 */
const kernelSettings: Readonly<Record<string, string>> = {
  "kernel/keys/root_maxbytes": "25000000",
  "kernel/keys/root_maxkeys": "1000000",
  "kernel/panic": "10",
  "kernel/panic_on_oops": "1",
  "vm/overcommit_memory": "1",
  "vm/panic_on_oom": "0",
};

/**
 * The first process: records itself while /proc is still that of the host, makes the mounts, and
 * then reaps orphans. No mount is to reach the host, so all become private before they are shared.
 * Its number makes it end after the programs, whose connections to the API server are then closed
 * while there is a network, and before `unshare`, which waits for it.
 */
const firstProcess = `set -eu
read -r boot </proc/sys/kernel/random/boot_id
read -r stat </proc/self/stat
folder=$1
printf '%s\\n%s\\n' "$boot" "$stat" >"$folder/pid/2-node-init"
mount --make-rprivate /
mount -t proc proc /proc
mount --make-rshared /
cd "$folder/settings"
for name in *; do mount --bind "$name" "/proc/sys/$(echo "$name" | tr , /)"; done
for name in var/lib var/log run; do mount --bind "$folder/inside/$name" "/$name"; done
echo 1 >/proc/sys/net/ipv4/ip_forward
cd /
trap 'exit 0' TERM
touch "$folder/inside/ready"
while :; do
  sleep 1000000 &
  wait
done`;

export interface Namespaces {
  /** Ends with them. */
  readonly holder: ProcessMark;
  /** Their first process, by its number on the host. */
  readonly pid: number;
  /** The host's path of what is at `path` inside, below one of the hidden folders. */
  toHost(path: string): string;
  /** A process inside them. It is recorded by the number of the `nsenter` that waits for it. */
  toInside(spec: ProcessSpec): ProcessSpec;
}

function prepare(folder: string): void {
  for (const path of hiddenFolders) {
    mkdirSync(join(folder, "inside", path), { recursive: true, mode: 0o755 });
  }
  mkdirSync(join(folder, "settings"));
  for (const [name, value] of Object.entries(kernelSettings)) {
    writeFileSync(join(folder, "settings", name.replaceAll("/", ",")), `${value}\n`);
  }
}

/** Starts the first process and returns when its mounts are made. */
export async function createNamespaces(group: ProcessGroup): Promise<Namespaces> {
  const { folder } = group;
  prepare(folder);
  const kinds = ["--mount", "--net", "--pid", "--fork", "--kill-child=SIGKILL"];
  await group.start({
    name: "namespaces",
    command: ["unshare", ...kinds, "--", "/bin/sh", "-c", firstProcess, "sh", folder],
  });
  const ready = join(folder, "inside", "ready");
  await group.ready("namespaces", async () => existsSync(ready), { timeoutMs: 240_000 });
  const [holder, first] = [findProcess(folder, "namespaces"), findProcess(folder, "node-init")];
  if (holder === undefined || first === undefined) throw new Error("the node recorded nothing");
  return {
    holder,
    pid: first.pid,
    toHost: (path) => hostPath(folder, path),
    toInside: ({ name, command, env }) => ({
      name,
      command: ["nsenter", `--target=${first.pid}`, "--mount", "--net", "--pid", "--", ...command],
      ...(env && { env }),
    }),
  };
}

/** The host's path of what is at `path` inside the node of `folder`, below a hidden folder. */
export const hostPath = (folder: string, path: string): string => join(folder, "inside", path);

/** The program that `toInside` started, by its number on the host. */
export function findInside(folder: string, name: string): ProcessMark | undefined {
  const outside = findProcess(folder, name);
  return outside && sessionMembers(outside)[0];
}
