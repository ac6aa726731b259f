/** Work that Node does outside of its event loop: of zlib and of files. */
import { createHook } from "node:async_hooks";

interface ZlibHandle {
  write(...args: readonly unknown[]): unknown;
}

/** Ids of zlib's handles whose thread has not answered. */
const busy = new Set<number>();

/** zlib's threads are not among the resources that Node lists as active. */
const hook = {
  trackPromises: false,
  init(id: number, type: string, _trigger: number, resource: object) {
    if (type !== "ZLIB") return;
    const handle = resource as ZlibHandle;
    const write = handle.write.bind(handle);
    handle.write = (...args) => {
      busy.add(id);
      return write(...args);
    };
  },
  before: (id: number) => void busy.delete(id),
};
createHook(hook).enable();

/** True while something will still come of itself, however long it takes on a busy machine. */
export function isRealWorkUnderWay(): boolean {
  if (busy.size > 0) return true;
  return process.getActiveResourcesInfo().some((name) => /^(FSReq|CloseReq)/.test(name));
}
