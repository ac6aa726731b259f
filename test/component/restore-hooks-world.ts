/** A cluster in which the containers of restored pods run commands. */
import type { RestoreHooks } from "../../src/api/restore.ts";
import type { ApiServerOptions } from "../support/api-server/api-server.ts";
import type { ExecCall, ExecSession } from "../support/api-server/exec.ts";
import { createRestoreWorld, type Plain, plain, type RestoreWorld } from "./restore-world.ts";

export const post = (name: string) => `post.hook.restore.velero.io/${name}`;
export const init = (name: string) => `init.hook.restore.velero.io/${name}`;

interface PodShape {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly containers?: readonly string[];
  readonly spec?: object;
}

export function pod(place: string, shape: PodShape = {}): Plain {
  const { annotations = {}, labels = {}, containers = ["main"], spec = {} } = shape;
  return plain("v1", "Pod", place, {
    metadata: { annotations, labels },
    spec: { containers: containers.map((name) => ({ name, image: "i" })), ...spec },
    status: { phase: "Running" },
  });
}

export interface HookWorld extends RestoreWorld {
  /** `command pod/container`, as containers were told to run them. */
  readonly ran: string[];
  /** The kubelet's word about a pod. */
  setStatus(place: string, status: object): Promise<void>;
}

/** Containers run as soon as the pod is made, but for those named `slow…`. */
export function createHookWorld(
  script: (call: ExecCall, session: ExecSession) => void | Promise<void> = () => {},
  options: ApiServerOptions = {},
): HookWorld {
  const ran: string[] = [];
  const world = createRestoreWorld({
    ...options,
    admission: (call) => {
      const { object } = call;
      const spec = object["spec"] as { containers?: { name: string }[] } | undefined;
      if (spec?.containers === undefined) return object;
      const containerStatuses = spec.containers
        .filter(({ name }) => !name.startsWith("slow"))
        .map(({ name }) => ({ name, ready: false, state: { running: {} } }));
      return { ...object, status: { phase: "Running", containerStatuses } } as never;
    },
    containers: (call, session) => {
      ran.push(`${call.command.join(" ")} ${call.pod}/${call.container}`);
      return script(call, session);
    },
  });
  return {
    ...world,
    ran,
    async setStatus(place, status) {
      const live = await world.live("pods", place);
      world.server.seed(JSON.stringify({ ...live, status }));
    },
  };
}

export const spec = (
  postHooks: NonNullable<RestoreHooks["resources"]>[number]["postHooks"] & object,
  rest: object = {},
) => ({
  hooks: { resources: [{ name: "h", ...rest, postHooks }] },
});
