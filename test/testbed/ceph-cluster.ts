/** A real Ceph on 127.0.0.1: one monitor, and one OSD that keeps its data in memory. */
import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CephPrograms, ensureCeph, runCeph } from "./ceph-programs.ts";
import { claimPort } from "./free-ports.ts";
import { createProcessGroup, type ProcessGroup, type ProcessSpec } from "./process-group.ts";

export interface CephCluster {
  readonly programs: CephPrograms;
  /** Its processes and folder: ends with it. */
  readonly group: ProcessGroup;
  /** `v1:127.0.0.1:PORT` */
  readonly monitor: string;
  /** Of `client.admin`, and of what is named when it is started. */
  readonly keyring: string;
  readonly configFile: string;
  /** Runs one of Ceph's programs as `client.admin`, to its end. */
  run(program: string, ...args: readonly string[]): Promise<string>;
  /** For a daemon of the cluster. */
  daemon(program: string, args: readonly string[]): ProcessSpec;
}

export interface CephOptions {
  /** Users beside `client.admin` that may do all with monitor and OSD. */
  readonly users?: readonly string[];
  /** Lines after the section `[global]`. */
  readonly sections?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** Fetches the programs when they are missing; about 10 s after that, and 0.2 GB of memory. */
export async function startCeph(options: CephOptions = {}): Promise<CephCluster> {
  const programs = await ensureCeph(options.signal);
  const group = await createProcessGroup("processes");
  const claim = await claimPort();
  try {
    const monitor = `v1:127.0.0.1:${claim.port}`;
    const config = writeConfig(programs, group.folder, monitor, options.sections ?? []);
    const cluster: CephCluster = {
      ...{ programs, group, monitor },
      keyring: config.keyring,
      configFile: config.file,
      run: (program, ...args) => runCeph(programs, program, ["-c", config.file, ...args]),
      daemon(program, args) {
        const path = join(programs.root, "usr/bin", program);
        const command = [path, "-c", config.file, ...args, "-f"] as const;
        return { name: program, command, env: programs.env };
      },
    };
    await startMonitor(cluster, config, options.users ?? []);
    await startDisk(cluster);
    return cluster;
  } catch (error) {
    await group.stop();
    throw error;
  } finally {
    claim.release();
  }
}

interface Config {
  readonly file: string;
  readonly folder: string;
  readonly keyring: string;
  readonly fsid: string;
}

function writeConfig(
  { root }: CephPrograms,
  folder: string,
  monitor: string,
  sections: readonly string[],
): Config {
  const fsid = randomUUID();
  const keyring = join(folder, "keyring");
  for (const part of ["mon", "osd", "rgw", "run"]) mkdirSync(join(folder, part), { mode: 0o700 });
  const libraries = join(root, "usr/lib/x86_64-linux-gnu");
  const settings = {
    fsid,
    keyring,
    "mon host": monitor,
    "mon initial members": "a",
    "public addr": "127.0.0.1",
    "cluster addr": "127.0.0.1",
    "ms bind msgr2": "false",
    "auth cluster required": "cephx",
    "auth service required": "cephx",
    "auth client required": "cephx",
    "auth allow insecure global id reclaim": "true",
    "osd pool default size": "1",
    "osd pool default min size": "1",
    "osd pool default pg num": "8",
    "osd pool default pgp num": "8",
    "osd pool default pg autoscale mode": "off",
    "mon allow pool size one": "true",
    "mon max pg per osd": "2000",
    "osd crush chooseleaf type": "0",
    "osd objectstore": "memstore",
    "memstore device bytes": "4294967296",
    "run dir": join(folder, "run"),
    "log file": join(folder, "log", "$name.log"),
    "admin socket": join(folder, "run", "$name.asok"),
    "pid file": join(folder, "run", "$name.pid"),
    "mon data": join(folder, "mon"),
    "osd data": join(folder, "osd"),
    "rgw data": join(folder, "rgw"),
    "mon data avail crit": "1",
    "plugin dir": join(libraries, "ceph"),
    "erasure code dir": join(libraries, "ceph/erasure-code"),
    "osd class dir": join(libraries, "rados-classes"),
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}`);
  const file = join(folder, "ceph.conf");
  writeFileSync(file, ["[global]", ...lines, ...sections, ""].join("\n"), {
    mode: 0o600,
  });
  return { file, folder, keyring, fsid };
}

async function startMonitor(
  { programs, group, monitor, daemon }: CephCluster,
  { keyring, file, fsid, folder }: Config,
  users: readonly string[],
): Promise<void> {
  const all = (name: string) => ["--cap", name, "allow *"];
  const keys = [
    ["--create-keyring", keyring, "--gen-key", "-n", "mon.", ...all("mon")],
    [keyring, "--gen-key", "-n", "client.admin", ...all("mon"), ...all("osd"), ...all("mgr")],
    [keyring, "--gen-key", "-n", "osd.0", "--cap", "mon", "allow profile osd", ...all("osd")],
    ...users.map((user) => [keyring, "--gen-key", "-n", user, ...all("mon"), ...all("osd")]),
  ];
  for (const key of keys) await runCeph(programs, "ceph-authtool", key);
  const map = join(folder, "monmap");
  const makeMap = ["--create", "--addv", "a", `[${monitor}]`, "--fsid", fsid, map];
  await runCeph(programs, "monmaptool", makeMap);
  const mkfs = ["-c", file, "--mkfs", "-i", "a", "--monmap", map, "--keyring", keyring];
  await runCeph(programs, "ceph-mon", mkfs);
  await group.start(daemon("ceph-mon", ["-i", "a"]));
}

async function startDisk({ run, group, daemon }: CephCluster): Promise<void> {
  const uuid = randomUUID();
  // It waits for the monitor itself.
  await run("ceph", "--connect-timeout", "30", "osd", "new", uuid);
  await run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", uuid);
  await group.start(daemon("ceph-osd", ["-i", "0"]));
}
