import type { Writable } from "node:stream";
import type { Clock } from "../../../ports/clock.ts";
import type { Impersonation } from "./kubeconfig-entries.ts";

export interface AccessOptions {
  /** Value of `--kubeconfig`; goes before `KUBECONFIG` and `~/.kube/config`. */
  readonly kubeconfig?: string | undefined;
  /** Value of `--context`; default is the kubeconfig's current context. */
  readonly context?: string | undefined;
  /** Values of `--as` and the like; when given they replace the kubeconfig's as a whole. */
  readonly impersonate?: Impersonation | undefined;
  /** The environment as a value: KUBECONFIG, proxies, what a plugin inherits, the pod's variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
  readonly clock: Clock;
  /** Where a credential plugin may talk to the user; absent: there is no terminal. */
  readonly terminal?: Writable | undefined;
  /** For a credential plugin; default 60 s, with a terminal 5 min. */
  readonly pluginTimeoutMs?: number | undefined;
  /** Default: where the kubelet mounts it. */
  readonly serviceAccountFolder?: string | undefined;
  /** Gets sentences that the user should read once. */
  readonly onNote?: ((sentence: string) => void) | undefined;
}
