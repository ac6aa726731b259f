/** A real Ceph object gateway on 127.0.0.1: one monitor, one OSD in memory, one radosgw. */
import { randomBytes, randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CephPrograms, ensureCeph, runCeph } from "./ceph-programs.ts";
import { fetchStatus } from "./fetch-status.ts";
import { claimPort } from "./free-ports.ts";
import type { MinioDetails } from "./minio-access.ts";
import { createProcessGroup, type ProcessGroup, type ProcessSpec } from "./process-group.ts";

export interface Radosgw extends MinioDetails {
  /** Ends it and removes all data. */
  stop(): Promise<void>;
}

/** Fetches the programs when they are missing; about 15 s after that, and 0.3 GB of memory. */
export async function startRadosgw(signal?: AbortSignal): Promise<Radosgw> {
  const programs = await ensureCeph(signal);
  const group = await createProcessGroup("processes");
  const claims = [await claimPort(), await claimPort()];
  const [monitorPort, gatewayPort] = claims.map(({ port }) => port) as [number, number];
  try {
    const config = writeConfig(programs, group.folder, { monitorPort, gatewayPort });
    await startMonitor(programs, group, { config, monitorPort });
    await startDisk(programs, group, config);
    const endpoint = `http://127.0.0.1:${gatewayPort}`;
    await startGateway(programs, group, { config, endpoint });
    const credentials = await createUser(programs, config);
    return { endpoint, region: "us-east-1", ...credentials, stop: () => group.stop() };
  } catch (error) {
    await group.stop();
    throw error;
  } finally {
    for (const claim of claims) claim.release();
  }
}

interface Ports {
  readonly monitorPort: number;
  readonly gatewayPort: number;
}

interface Config {
  readonly file: string;
  readonly folder: string;
  readonly keyring: string;
  readonly fsid: string;
}

function writeConfig({ root }: CephPrograms, folder: string, ports: Ports): Config {
  const fsid = randomUUID();
  const keyring = join(folder, "keyring");
  for (const part of ["mon", "osd", "rgw", "run"]) mkdirSync(join(folder, part), { mode: 0o700 });
  const libraries = join(root, "usr/lib/x86_64-linux-gnu");
  const settings = {
    fsid,
    keyring,
    "mon host": `v1:127.0.0.1:${ports.monitorPort}`,
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
  const gateway = `rgw frontends = beast endpoint=127.0.0.1:${ports.gatewayPort}`;
  const file = join(folder, "ceph.conf");
  writeFileSync(file, ["[global]", ...lines, "[client.rgw]", gateway, ""].join("\n"), {
    mode: 0o600,
  });
  return { file, folder, keyring, fsid };
}

function daemon(
  programs: CephPrograms,
  program: string,
  config: Config,
  args: readonly string[],
): ProcessSpec {
  const path = join(programs.root, "usr/bin", program);
  const command = [path, "-c", config.file, ...args, "-f"] as const;
  return { name: program, command, env: programs.env };
}

async function startMonitor(
  programs: CephPrograms,
  group: ProcessGroup,
  { config, monitorPort }: { readonly config: Config; readonly monitorPort: number },
): Promise<void> {
  const all = (name: string) => ["--cap", name, "allow *"];
  const { keyring, file, fsid, folder } = config;
  const keys = [
    ["--create-keyring", keyring, "--gen-key", "-n", "mon.", ...all("mon")],
    [keyring, "--gen-key", "-n", "client.admin", ...all("mon"), ...all("osd"), ...all("mgr")],
    [keyring, "--gen-key", "-n", "osd.0", "--cap", "mon", "allow profile osd", ...all("osd")],
    [keyring, "--gen-key", "-n", "client.rgw", ...all("mon"), ...all("osd")],
  ];
  for (const key of keys) await runCeph(programs, "ceph-authtool", key);
  const map = join(folder, "monmap");
  const address = `[v1:127.0.0.1:${monitorPort}]`;
  const makeMap = ["--create", "--addv", "a", address, "--fsid", fsid, map];
  await runCeph(programs, "monmaptool", makeMap);
  const mkfs = ["-c", file, "--mkfs", "-i", "a", "--monmap", map, "--keyring", keyring];
  await runCeph(programs, "ceph-mon", mkfs);
  await group.start(daemon(programs, "ceph-mon", config, ["-i", "a"]));
}

async function startDisk(
  programs: CephPrograms,
  group: ProcessGroup,
  { file, ...config }: Config,
): Promise<void> {
  const uuid = randomUUID();
  // It waits for the monitor itself.
  await runCeph(programs, "ceph", ["-c", file, "--connect-timeout", "30", "osd", "new", uuid]);
  await runCeph(programs, "ceph-osd", ["-c", file, "-i", "0", "--mkfs", "--osd-uuid", uuid]);
  await group.start(daemon(programs, "ceph-osd", { file, ...config }, ["-i", "0"]));
}

async function startGateway(
  programs: CephPrograms,
  group: ProcessGroup,
  { config, endpoint }: { readonly config: Config; readonly endpoint: string },
): Promise<void> {
  await group.start(daemon(programs, "radosgw", config, ["-n", "client.rgw"]));
  await group.ready("radosgw", async () => (await fetchStatus(endpoint)) === 200);
}

async function createUser(
  programs: CephPrograms,
  { file }: Config,
): Promise<{ readonly accessKeyId: string; readonly secretAccessKey: string }> {
  const accessKeyId = `AKIA${randomBytes(8).toString("hex").toUpperCase()}`;
  const secretAccessKey = randomBytes(20).toString("hex");
  const user = ["--uid=ark", "--display-name=ark"];
  const keys = [`--access-key=${accessKeyId}`, `--secret-key=${secretAccessKey}`];
  await runCeph(programs, "radosgw-admin", ["-c", file, "user", "create", ...user, ...keys]);
  return { accessKeyId, secretAccessKey };
}
