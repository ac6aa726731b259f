import { randomBytes } from "node:crypto";
import type { ControllerContext } from "../../controllers/controller-context.ts";
import { toArkError } from "../../lib/errors.ts";
import type { Runnable } from "../../runtime/life.ts";
import { pause } from "../../runtime/pause.ts";
import { secretKind } from "../read-secret.ts";
import type { DownloadKeys } from "./download-keys.ts";
import {
  authorityOf,
  createDownloadSecret,
  downloadAuthorityName,
  downloadSecretName,
  parseDownloadSecret,
  renewDownloadSecret,
  toAuthoritySecret,
  toSecret,
} from "./download-secret.ts";

const everyMs = 60_000;
const randomSecret = (): Uint8Array => randomBytes(32);
const toBytes = (value: object): Buffer => Buffer.from(JSON.stringify(value));

/** The leader makes the keys of the downloads, renews them in time, and makes them again when they are gone. */
export function createDownloadSecretKeeper(
  context: ControllerContext,
  keys: DownloadKeys,
): Runnable {
  const { clock, log } = context;
  return {
    name: "download-keys",
    async run(life, ready) {
      while (!life.stop.aborted) {
        try {
          await keepDownloadSecret(context, life.abort);
          await keys.refresh(life.abort);
        } catch (thrown) {
          if (life.abort.aborted) return;
          log.write("warn", "keys of downloads not kept", { error: toArkError(thrown) });
        }
        // What comes after it may name the certificates: they are there when it begins.
        ready();
        await pause(clock, everyMs, life.stop);
      }
    },
  };
}

/** Errors: ARK_API_FORBIDDEN where Secrets may not be written, ARK_API_CONFLICT, ARK_API_*. */
export async function keepDownloadSecret(
  context: Pick<ControllerContext, "cluster" | "namespace" | "clock" | "log" | "engineVersion">,
  signal: AbortSignal,
): Promise<void> {
  const { cluster, namespace, clock, log, engineVersion: version } = context;
  const refOf = (name: string) => ({ kind: secretKind, namespace, name });
  const write = async (name: string, resourceVersion: string, object: object): Promise<void> => {
    const body = toBytes(object);
    if (resourceVersion === "") await cluster.create(refOf(name), body, { signal });
    else await cluster.replace(refOf(name), body, { signal });
  };
  const raw = await cluster.get(refOf(downloadSecretName), { signal });
  const place = { namespace, version, resourceVersion: raw?.resourceVersion ?? "" };
  const found = raw && parseDownloadSecret(raw.bytes);
  const renewed =
    found === undefined
      ? createDownloadSecret(clock, randomSecret)
      : renewDownloadSecret(found, clock, randomSecret);
  if (renewed !== undefined) {
    await write(downloadSecretName, place.resourceVersion, toSecret(renewed, place));
    log.write("info", "keys of downloads renewed", { secret: downloadSecretName });
  }
  const secret = renewed ?? found;
  if (secret === undefined) return;
  const known = await cluster.get(refOf(downloadAuthorityName), { signal });
  if (known !== undefined && authorityOf(known.bytes) === secret.authority.cert) return;
  const beside = { ...place, resourceVersion: known?.resourceVersion ?? "" };
  await write(downloadAuthorityName, beside.resourceVersion, toAuthoritySecret(secret, beside));
}
