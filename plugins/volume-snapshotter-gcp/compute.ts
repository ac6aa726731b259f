import { ArkError, type PluginContext } from "../../src/plugin-sdk/volume-snapshotter.ts";
import { createGoogleClient } from "../shared-google/client.ts";
import { type Attempt, judge, toProviderError } from "./errors.ts";
import type { GcpDiskOptions } from "./options.ts";
import type { Json } from "./resources.ts";

/** Compute Engine's API, asked with back-off. */
export interface Compute {
  /** For people. */
  readonly display: string;
  /** Of the disks. Errors: ARK_CONFIG_INVALID where none is known. */
  volumeProject(signal: AbortSignal): Promise<string>;
  snapshotProject(signal: AbortSignal): Promise<string>;
  /**
   * Repeated where Google asks to slow down; and where it may be, a call that makes nothing is also
   * repeated after a failure that passes. Errors: ARK_PROVIDER_*, ARK_VOLUME_OUTCOME_UNKNOWN.
   */
  call(
    attempt: Pick<Attempt, "operation" | "subject" | "makes">,
    request: ComputeRequest,
    signal: AbortSignal,
  ): Promise<Json>;
  close(): Promise<void>;
}

export interface ComputeRequest {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below the API's root: `projects/p/global/snapshots`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: Json;
  /** Whether it may be asked again while what it needs is not ready. */
  readonly waitsForReady?: boolean;
}

/** With the pauses between them one to two minutes: Google counts its rates by the minute. */
const maxTries = 8;
const firstPauseMs = 2_000;
const longestPauseMs = 30_000;
/** Where Google itself says how long. */
const longestToldPauseMs = 60_000;

/** No request is made. Errors: ARK_CONFIG_INVALID. */
export async function connectCompute(
  options: GcpDiskOptions,
  display: string,
  context: PluginContext,
): Promise<Compute> {
  const { credentialsFile } = options;
  const client = await createGoogleClient({ credentialsFile }, context);
  const root = chosenRoot(context.env);
  const volumeProject = async (signal: AbortSignal): Promise<string> => {
    signal.throwIfAborted();
    const attempt = { operation: "project", subject: "its project", display };
    const project =
      options.volumeProject ??
      (await client.credentials.projectId(signal).catch((thrown: unknown) => {
        signal.throwIfAborted();
        throw toProviderError(thrown, attempt);
      }));
    return project ?? withoutProject(display);
  };
  return {
    display,
    volumeProject,
    snapshotProject: async (signal) => options.project ?? (await volumeProject(signal)),
    async call(what, { method, path, query = {}, body, waitsForReady = false }, signal) {
      const attempt: Attempt = { ...what, display };
      for (let tries = 1; ; tries += 1) {
        signal.throwIfAborted();
        try {
          const json = body === undefined ? {} : { json: body };
          const url = `${root}/${path}`;
          return (await client.call({ method, url, query, ...json, signal })).json;
        } catch (thrown) {
          signal.throwIfAborted();
          const { isSlowDown, isPassing, isNotReady, retryAfterMs } = judge(thrown);
          const makesNothing = isPassing && what.makes === undefined;
          const mayRepeat = isSlowDown || makesNothing || (isNotReady && waitsForReady);
          const error = toProviderError(thrown, attempt);
          if (!mayRepeat || tries === maxTries) throw error;
          const told = retryAfterMs ?? pauseAfter(tries, context.clock.random());
          const pauseMs = Math.min(told, longestToldPauseMs);
          const { operation, subject } = what;
          const fields = { operation, subject, answer: error.answer, pauseMs };
          context.log?.write("info", "a provider is asked again", fields);
          await context.clock.sleep(pauseMs, signal);
        }
      }
    },
    close: () => client.close(),
  };
}

const pauseAfter = (tries: number, chance: number): number =>
  Math.round(Math.min(firstPauseMs * 2 ** (tries - 1), longestPauseMs) * (0.5 + chance / 2));

/** gcloud's own variable for an API that is reached elsewhere, as through Private Service Connect. */
function chosenRoot(env: PluginContext["env"]): string {
  const given = env["CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE"];
  const root = given || "https://compute.googleapis.com/compute/v1/";
  if (URL.canParse(root)) return root.replace(/\/+$/, "");
  throw new ArkError("ARK_CONFIG_INVALID", "CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE holds no URL", {
    advice: "set it as gcloud has it, to https://HOST/compute/v1/, or unset it",
  });
}

function withoutProject(display: string): never {
  throw new ArkError("ARK_CONFIG_INVALID", `no project is known for ${display}`, {
    advice: "these credentials name none: give the location the config key volumeProject",
  });
}
