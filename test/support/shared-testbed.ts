/**
 * Real servers for tests. Under `npm test` every file uses the same ones; a file that is run alone
 * starts its own, which end with it. Work in a namespace and bucket of your own, and leave the rest
 * alone: others look at it at the same time. Who wants to stop, compact or reconfigure a server
 * starts one with `startControlPlane` or `startMinio`.
 */
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { startControlPlane } from "../testbed/control-plane.ts";
import { type ControlPlaneAccess, openControlPlane } from "../testbed/control-plane-access.ts";
import { whyNoGo } from "../testbed/go-toolchain.ts";
import { startMinio } from "../testbed/minio.ts";
import { type MinioAccess, openMinio } from "../testbed/minio-access.ts";

/** Names the file that `npm test` writes; see `SharedTestbed`. */
export const sharedTestbedVariable = "ARK_TEST_TESTBED";

/** The folders of the servers that run for all tests. */
export interface SharedTestbed {
  readonly controlPlane: string;
  readonly minio: string;
}

function readShared(): SharedTestbed | undefined {
  const file = process.env[sharedTestbedVariable];
  if (file === undefined || file === "") return undefined;
  return JSON.parse(readFileSync(file, "utf8")) as SharedTestbed;
}

/** Starts a server of this process's own; it ends when nothing is left to do. */
async function startOwn<T extends { stop(): Promise<void> }>(start: () => Promise<T>): Promise<T> {
  const server = await start();
  process.once("beforeExit", () => server.stop());
  return server;
}

let controlPlane: Promise<ControlPlaneAccess> | undefined;
let minio: Promise<MinioAccess> | undefined;

/** The control plane for tests; started, or found, once for each process. */
export function sharedControlPlane(): Promise<ControlPlaneAccess> {
  const shared = readShared();
  controlPlane ??=
    shared === undefined
      ? startOwn(startControlPlane)
      : Promise.resolve(openControlPlane(shared.controlPlane));
  return controlPlane;
}

/** The MinIO for tests, plain http; started, or found, once for each process. */
export function sharedMinio(): Promise<MinioAccess> {
  const shared = readShared();
  minio ??= shared === undefined ? startOwn(startMinio) : Promise.resolve(openMinio(shared.minio));
  return minio;
}

/**
 * For `{ skip: await whyNoTestbed() }` where tests can also do without: the reason why no real
 * server can be had here, or false.
 */
export async function whyNoTestbed(): Promise<string | false> {
  if (readShared() !== undefined) return false;
  return (await whyNoGo()) ?? false;
}

function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(5).toString("hex")}`;
}

/** A namespace name that nobody else uses; it is not created. `prefix` has at most 50 characters. */
export function uniqueNamespace(prefix = "test"): string {
  return uniqueName(prefix);
}

/** A bucket name that nobody else uses; it is not created. */
export function uniqueBucket(prefix = "test"): string {
  return uniqueName(prefix);
}
