import type { BackupStorageLocation } from "../../api/backup-storage-location.ts";
import { resourceKindOf } from "../../api/custom-resource.ts";
import { type DownloadRequest, downloadRequestKind } from "../../api/download-request.ts";
import { kubeTime } from "../../api/kube-time.ts";
import { annotations } from "../../api/labels.ts";
import { hasCode, toArkError } from "../../lib/errors.ts";
import { runController } from "../../runtime/controller.ts";
import type { Runnable } from "../../runtime/life.ts";
import { createWorkQueue } from "../../runtime/work-queue.ts";
import { writeStatus } from "../../runtime/write-status.ts";
import type { ControllerContext } from "../controller-context.ts";
import { findFile } from "./find-file.ts";

/** Of a URL, as in Velero; its request goes with it. */
const validSeconds = 600;

/** What a request names may be younger than what is known here. */
const settlingMs = 5_000;
const soonMs = 250;
const laterMs = 30_000;

const kind = resourceKindOf(downloadRequestKind);

/** Whose file it is, `key` being relative to the location's prefix, and how long its URL lives. */
export interface OwnFile {
  readonly location: { readonly name: string; readonly uid: string };
  readonly key: string;
  readonly until: Date;
}

export interface OwnUrl {
  readonly url: string;
  /** Whether it is said how the server is reached from outside the cluster. */
  readonly isPublic: boolean;
}

/**
 * URLs of this server's own endpoint. Undefined: there is none. Errors: that it cannot sign yet.
 */
export type OwnUrls = (file: OwnFile) => Promise<OwnUrl | undefined>;

const noUrls: OwnUrls = async () => undefined;

/**
 * Answers each DownloadRequest with a URL from which a plain GET reads the file for ten minutes, and
 * removes it then. What cannot be answered is told by an Event, and removed after the same time.
 */
export function createDownloadRequestController(
  context: ControllerContext,
  ownUrls: OwnUrls = noUrls,
): Runnable {
  const { caches, clock, log, cluster } = context;
  const queue = createWorkQueue(clock);
  caches.downloadRequests.onChange(({ key, after }) => {
    if (after !== undefined) queue.add(key);
  });
  const reconcile = async (key: string, signal: AbortSignal) => {
    const request = caches.downloadRequests.get(key);
    if (request === undefined) return undefined;
    const leftMs = leftToLiveMs(request, clock.now());
    const { name, namespace = "", uid } = request.metadata;
    if (leftMs <= 0) {
      const options = { signal, ...(uid !== undefined && { uid }) };
      await cluster.remove({ kind, namespace, name }, options);
      return undefined;
    }
    if (request.status?.phase === "Processed") return { lookAgainAfterMs: leftMs };
    const isAnswered = await answer(request, context, ownUrls, signal);
    const pauseMs = leftMs > validSeconds * 1000 - settlingMs ? soonMs : laterMs;
    return { lookAgainAfterMs: isAnswered ? leftMs : Math.min(leftMs, pauseMs) };
  };
  const name = "download-request";
  return {
    name,
    run: async (life, ready) => {
      ready();
      await runController({ name, queue, reconcile, concurrency: 4, log }, life);
    },
  };
}

function leftToLiveMs({ metadata, status }: DownloadRequest, now: Date): number {
  const createdMs = Date.parse(metadata.creationTimestamp ?? "");
  const untilMs = Date.parse(status?.expiration ?? "");
  if (!Number.isNaN(untilMs)) return untilMs - now.getTime();
  return Number.isNaN(createdMs) ? 1 : createdMs + validSeconds * 1000 - now.getTime();
}

/** False: it cannot be answered as things stand. Errors: those of the location's store. */
async function answer(
  request: DownloadRequest,
  context: ControllerContext,
  ownUrls: OwnUrls,
  signal: AbortSignal,
): Promise<boolean> {
  const { name, namespace = "", uid = "" } = request.metadata;
  const ageMs = validSeconds * 1000 - leftToLiveMs(request, context.clock.now());
  const tell = (reason: string, message: string): void => {
    if (ageMs < settlingMs) return;
    context.events.record(request, { type: "Warning", reason, message });
  };
  const found = findFile(request, context);
  if ("problem" in found) {
    tell("DownloadNotFound", found.problem);
    return false;
  }
  const { location, key } = found;
  const until = new Date(context.clock.now().getTime() + validSeconds * 1000);
  const { metadata } = location;
  const own = () =>
    ownUrls({ location: { name: metadata.name, uid: metadata.uid ?? "" }, key, until });
  let urls: Urls;
  try {
    urls = await urlsOf({ request, location, key, own }, context, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    tell("DownloadFailed", toArkError(thrown).message);
    throw thrown;
  }
  const { downloadURL, serverUrl, problem } = urls;
  if (downloadURL === undefined) {
    if (problem !== undefined) tell(problem.reason, problem.message);
    return false;
  }
  if (problem !== undefined) context.events.record(request, { type: "Normal", ...problem });
  const status = { phase: "Processed", downloadURL, expiration: kubeTime(until) };
  const also =
    serverUrl === undefined
      ? {}
      : { also: { metadata: { annotations: { [annotations.serverUrl]: serverUrl } } } };
  await writeStatus(
    context,
    { kind, namespace, name, uid },
    (before) => (before["phase"] === "Processed" ? undefined : status),
    { signal, fence: context.term.fence, ...also },
  );
  return true;
}

interface Problem {
  readonly reason: string;
  readonly message: string;
}

interface Urls {
  /** Undefined: nobody has one. */
  readonly downloadURL?: string;
  /** Where it was asked for, and there is an endpoint. */
  readonly serverUrl?: string;
  readonly problem?: Problem;
}

interface Wanted {
  readonly request: DownloadRequest;
  readonly location: BackupStorageLocation;
  readonly key: string;
  readonly own: () => Promise<OwnUrl | undefined>;
}

/** Errors: those of the store, and of an endpoint that cannot sign yet. */
async function urlsOf(
  { request, location, key, own }: Wanted,
  context: ControllerContext,
  signal: AbortSignal,
): Promise<Urls> {
  const isAsked = request.metadata.annotations?.[annotations.serverUrl] !== undefined;
  try {
    const store = await context.stores.open(location, signal);
    const downloadURL = await store.signedUrl(key, { expiresInSeconds: validSeconds, signal });
    const serverUrl = isAsked ? (await own())?.url : undefined;
    return { downloadURL, ...(serverUrl !== undefined && { serverUrl }) };
  } catch (thrown) {
    if (!hasCode(thrown, "ARK_STORE_UNSUPPORTED")) throw thrown;
    const where = `location ${JSON.stringify(location.metadata.name)} signs no URLs: ${thrown.message}`;
    const found = await own();
    if (found === undefined) {
      const message = `${where}; and this server serves no files itself (--download-address)`;
      return { problem: { reason: "DownloadUnavailable", message } };
    }
    const { url, isPublic } = found;
    const urls = { downloadURL: url, ...(isAsked && { serverUrl: url }) };
    if (isPublic) return urls;
    const message = `${where}; the URL is of this server's Service, which is reached in the cluster only: --public-url says how it is reached from elsewhere`;
    return { ...urls, problem: { reason: "DownloadInClusterOnly", message } };
  }
}
