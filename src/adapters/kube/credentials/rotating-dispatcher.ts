import type { Dispatcher } from "undici";
import { ArkError } from "../../../lib/errors.ts";
import type { TlsMaterial } from "./tls-material.ts";

export interface RotatingDispatcher {
  /** The same dispatcher as long as the certificates are the same. */
  use(tls: TlsMaterial): Dispatcher;
  close(): Promise<void>;
}

/**
 * Replaces the pool when certificates change. The one before stays usable, for requests that
 * were just handed it; the one before that is closed once its requests are done.
 */
export function rotatingDispatcher(create: (tls: TlsMaterial) => Dispatcher): RotatingDispatcher {
  let current: { readonly tls: TlsMaterial; readonly dispatcher: Dispatcher } | undefined;
  let previous: Dispatcher | undefined;
  let closed = false;
  return {
    use: (tls) => {
      if (closed) {
        throw new ArkError("ARK_UNEXPECTED", "access to the API server was closed before its use", {
          disposition: "bug",
        });
      }
      if (current !== undefined && sameMaterial(current.tls, tls)) return current.dispatcher;
      previous?.close().catch(() => {});
      previous = current?.dispatcher;
      current = { tls, dispatcher: create(tls) };
      return current.dispatcher;
    },
    close: async () => {
      closed = true;
      await Promise.all([previous?.destroy(), current?.dispatcher.destroy()]);
    },
  };
}

function sameMaterial(a: TlsMaterial, b: TlsMaterial): boolean {
  return a.ca === b.ca && a.cert === b.cert && a.key === b.key;
}
