import type { ArkError } from "../../src/lib/errors.ts";

export type StoreOperation =
  | "put"
  | "get"
  | "head"
  | "list"
  | "remove"
  | "startUpload"
  | "resumeUpload"
  | "putPart"
  | "complete"
  | "abort";

export interface StoreCall {
  readonly operation: StoreOperation;
  readonly key: string;
  /** Part number of putPart. */
  readonly part?: number;
}

/** What goes wrong with a call. `when: "after"` means done, but the answer is lost. */
export type StoreFault =
  | { readonly kind: "fail"; readonly error: ArkError; readonly when?: "before" | "after" }
  | { readonly kind: "hang" }
  /** Waits, or until the signal ends it, and is done then. */
  | { readonly kind: "hold"; readonly until: Promise<void> }
  | { readonly kind: "truncate"; readonly bytes: number };

/** Decides on the fault of a call; undefined lets it pass. */
export type FaultHook = (call: StoreCall) => StoreFault | undefined;

export interface StoreFaults {
  /** Every call so far, the ones that failed included. */
  readonly calls: readonly StoreCall[];
  /** Hooks are asked in the order added; the first fault counts. */
  add(hook: FaultHook): void;
  /** The nth call (from 1, counted from now) of `operation` meets `fault`, `times` times in a row. */
  onNth(operation: StoreOperation, nth: number, fault: StoreFault, times?: number): void;
  clear(): void;
}

export interface FaultInjector extends StoreFaults {
  /** Runs `act` with the fault that the hooks decide on; hangs until the signal ends it. */
  around<Result>(
    call: StoreCall,
    signal: AbortSignal,
    act: (fault: StoreFault | undefined) => Result,
  ): Promise<Result>;
}

export function createFaultInjector(): FaultInjector {
  const calls: StoreCall[] = [];
  const hooks: FaultHook[] = [];
  return {
    calls,
    add: (hook) => void hooks.push(hook),
    onNth(operation, nth, fault, times = 1) {
      let seen = 0;
      hooks.push((call) => {
        if (call.operation !== operation) return undefined;
        seen += 1;
        return seen >= nth && seen < nth + times ? fault : undefined;
      });
    },
    clear: () => void hooks.splice(0),
    async around(call, signal, act) {
      signal.throwIfAborted();
      calls.push(call);
      const fault = firstFault(hooks, call);
      if (fault?.kind === "hang") await aborted(signal);
      if (fault?.kind === "hold") await Promise.race([fault.until, aborted(signal)]);
      if (fault?.kind === "fail" && fault.when !== "after") throw fault.error;
      const result = act(fault);
      if (fault?.kind === "fail") throw fault.error;
      return result;
    },
  };
}

function firstFault(hooks: readonly FaultHook[], call: StoreCall): StoreFault | undefined {
  // Every hook is asked, so that each counts every call.
  return hooks.map((hook) => hook(call)).find((fault) => fault !== undefined);
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
