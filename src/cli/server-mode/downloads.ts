import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { backupStorageLocationKind } from "../../api/backup-storage-location.ts";
import {
  type DownloadRequest,
  type DownloadTarget,
  downloadRequestKind,
} from "../../api/download-request.ts";
import { annotations } from "../../api/labels.ts";
import type { FileSource } from "../../catalog/read-side-file.ts";
import { ownPathOf } from "../../domain/downloads/signed-path.ts";
import type { OwnFile } from "../../format/download-keys.ts";
import { ArkError, hasCode, toArkError } from "../../lib/errors.ts";
import type { StoredBody } from "../../ports/object-store.ts";
import { parsePositiveDuration } from "../go-duration.ts";
import { span } from "../render/amounts.ts";
import type { Session } from "../session.ts";
import { lastEventAbout } from "./events.ts";
import { follow } from "./follow.ts";
import { getThroughCluster } from "./get-through-cluster.ts";
import { readSecretKey } from "./read-secret.ts";
import { placeOf, resourcesOf } from "./resources.ts";
import type { ServerAccess } from "./server-access.ts";

/** As Velero's. */
const defaultTimeoutMs = 60_000;
/** For taking a request away again, also where the command was stopped. */
const tidyMs = 3_000;

/** A file of Velero's, or one that only ark-ts writes; `of`: beside which one, default the archive. */
export type HandedOut = DownloadTarget | { readonly own: OwnFile; readonly of?: DownloadTarget };

/** Fetches files of backups and restores by the URLs that the server signs. */
export interface Downloads {
  /** Errors: ARK_STORE_NOT_FOUND where the file is not there; those of the server's answer and of the GET. */
  open(kind: DownloadTarget, name: string): Promise<StoredBody>;
  /** The same as a store, for keys that are files of `name`. */
  source(name: string, files: ReadonlyMap<string, HandedOut>): FileSource;
}

/**
 * Downloads of what lies in `location`: with `--timeout` (until the download begins), `--cacert`,
 * else the certificates of the location, and `--insecure-skip-tls-verify`. Errors: ARK_USAGE.
 */
export async function openDownloads(
  session: Session,
  server: ServerAccess,
  location: string | undefined,
): Promise<Downloads> {
  const { flags, environment } = session.invocation;
  const typed = flags.text("timeout");
  const timeoutMs =
    typed === undefined ? defaultTimeoutMs : parsePositiveDuration(typed, "--timeout");
  const ca = await authorities(session, server, location);
  const trust = {
    ...(ca === undefined ? {} : { ca }),
    skipTlsVerify: flags.boolean("insecure-skip-tls-verify") === true,
    env: environment.env,
  };
  // What one file has shown of the way holds for the others.
  let isUnreachable = false;
  const fetch = async (asked: Asked): Promise<StoredBody> => {
    const { getUrl } = await import("../../adapters/kube/download/get-url.ts");
    const { url, serverPath } = await signedUrl(session, server, asked, timeoutMs);
    if (asked.own !== undefined && !isUrlOf(asked.own.key, url)) {
      throw new ArkError("ARK_STORE_NOT_FOUND", `the server hands out no ${asked.own.file}`);
    }
    if (!isUnreachable || serverPath === undefined) {
      try {
        return await getUrl(url, trust, session.signal);
      } catch (thrown) {
        if (serverPath === undefined || !hasCode(thrown, "ARK_STORE_UNREACHABLE")) throw thrown;
        const stored = await getThroughCluster(session, server, serverPath, toArkError(thrown));
        isUnreachable = true;
        const { message } = toArkError(thrown);
        session.note(`${message}: fetched through the API server instead`);
        return stored;
      }
    }
    return await getThroughCluster(session, server, serverPath);
  };
  return {
    open: (kind, name) => fetch({ kind, name }),
    source: (name, files) => ({
      get: async (key) => {
        const file = files.get(key);
        if (file === undefined) {
          throw new ArkError("ARK_STORE_NOT_FOUND", `a server does not hand out ${key}`);
        }
        if (typeof file === "string") return await fetch({ kind: file, name });
        const { own, of: kind = "BackupContents" } = file;
        return await fetch({ kind, name, own: { file: own, key } });
      },
    }),
  };
}

interface Answered {
  readonly url: string;
  /** At the server's own endpoint; absent: it has none. */
  readonly serverPath?: string;
}

/** What a request asks for. */
interface Asked {
  readonly kind: DownloadTarget;
  readonly name: string;
  readonly own?: { readonly file: OwnFile; readonly key: string };
}

/** A server that does not know our files answers with another one of the backup. */
function isUrlOf(key: string, url: string): boolean {
  return new URL(url).pathname.endsWith(key.slice(key.lastIndexOf("/")));
}

/** Asks for a URL and takes the request away again, whatever came of it. */
async function signedUrl(
  session: Session,
  server: ServerAccess,
  { own, ...target }: Asked,
  timeoutMs: number,
): Promise<Answered> {
  const { clock, signal } = session;
  const requests = resourcesOf(downloadRequestKind, server, signal);
  const base = target.name.slice(0, 200).replace(/[-.]+$/, "");
  const { metadata } = await requests.create({
    name: `${base}-${clock.uuid()}`,
    annotations: {
      [annotations.serverUrl]: "wanted",
      ...(own !== undefined && { [annotations.ownFile]: own.file }),
    },
    spec: { target },
  });
  try {
    const { state } = await follow<DownloadRequest>({
      clock,
      signal,
      read: () => requests.find(metadata.name),
      isEnd: (request) => request === undefined || isAnswered(request),
      pauseMs: 25,
      maxPauseMs: 500,
      limitMs: timeoutMs,
    });
    const url = state?.status?.downloadURL ?? "";
    const serverPath = ownPathOf(state?.metadata.annotations?.[annotations.serverUrl] ?? "");
    if (url !== "") return { url, ...(serverPath !== undefined && { serverPath }) };
    throw await unanswered(session, server, {
      target,
      request: state,
      name: metadata.name,
      timeoutMs,
    });
  } finally {
    // The server takes it away too, after ten minutes.
    const tidy = resourcesOf(downloadRequestKind, server, AbortSignal.timeout(tidyMs));
    await tidy.remove(metadata.name).catch(() => undefined);
  }
}

function isAnswered({ status }: DownloadRequest): boolean {
  return (status?.downloadURL ?? "") !== "" || status?.phase === "Processed";
}

interface Unanswered {
  readonly target: { readonly kind: DownloadTarget; readonly name: string };
  readonly request: DownloadRequest | undefined;
  readonly name: string;
  readonly timeoutMs: number;
}

async function unanswered(
  { signal }: Session,
  server: ServerAccess,
  { target, request, name, timeoutMs }: Unanswered,
): Promise<ArkError> {
  const answer = await lastEventAbout(server, { kind: "DownloadRequest", name }, signal);
  const what = `${target.kind} of "${target.name}"`;
  if (request === undefined || isAnswered(request)) {
    return new ArkError("ARK_STORE_FAILED", `the server has no URL for ${what}`, {
      answer: answer ?? "none",
      advice: "its log says why: ark-ts debug collects it",
    });
  }
  return new ArkError(
    "ARK_STORE_FAILED",
    `no server in ${placeOf(server)} has answered for ${what} within ${span(timeoutMs)}`,
    {
      ...(answer === undefined ? {} : { answer }),
      advice:
        "see whether it is alive (ark-ts version) and its location available (ark-ts backup-location get); --timeout waits longer",
    },
  );
}

/** PEM to trust: of `--cacert`, else of the location. What cannot be read of the location is only said. */
async function authorities(
  session: Session,
  server: ServerAccess,
  location: string | undefined,
): Promise<string | undefined> {
  const { flags, environment } = session.invocation;
  const file = flags.text("cacert");
  if (file !== undefined) {
    try {
      return await readFile(resolve(environment.cwd, file), "utf8");
    } catch (error) {
      throw new ArkError("ARK_USAGE", `--cacert: the file "${file}" cannot be read`, {
        answer: (error as Error).message,
        cause: error,
      });
    }
  }
  if (location === undefined || location === "") return undefined;
  try {
    return await authoritiesOf(server, location, session.signal);
  } catch (thrown) {
    session.signal.throwIfAborted();
    const { message } = toArkError(thrown);
    session.note(`the certificates of location ${location} could not be read: ${message}`);
    return undefined;
  }
}

async function authoritiesOf(
  server: ServerAccess,
  name: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const found = await resourcesOf(backupStorageLocationKind, server, signal).find(name);
  const { caCert, caCertRef } = found?.spec.objectStorage ?? {};
  if (caCertRef !== undefined) return await readSecretKey(server, caCertRef, signal);
  return caCert === undefined || caCert === ""
    ? undefined
    : Buffer.from(caCert, "base64").toString();
}

/** True where the file is not there: no fault of the way to it. */
export const isMissingFile = (thrown: unknown): boolean => hasCode(thrown, "ARK_STORE_NOT_FOUND");
