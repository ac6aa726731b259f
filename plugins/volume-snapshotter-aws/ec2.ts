import { EC2Client, type EC2ClientConfig } from "@aws-sdk/client-ec2";
import { hasCode, type PluginContext } from "../../src/plugin-sdk/volume-snapshotter.ts";
import { createRequestHandler, defaultTimeouts } from "../shared-aws/connection.ts";
import { chooseCredentials } from "../shared-aws/credentials.ts";
import { type Attempt, judge, toProviderError } from "./errors.ts";
import type { EbsOptions } from "./options.ts";

/** EC2 of one region, asked with back-off. */
export interface Ec2 {
  readonly client: EC2Client;
  /**
   * Repeated where EC2 asks to slow down; and where it may be, a call that makes nothing is also
   * repeated after a failure that passes. Errors: ARK_PROVIDER_*, ARK_VOLUME_OUTCOME_UNKNOWN.
   */
  call<Output>(
    attempt: Pick<Attempt, "operation" | "subject" | "makes">,
    signal: AbortSignal,
    send: (options: { readonly abortSignal: AbortSignal }) => Promise<Output>,
  ): Promise<Output>;
}

/** With the pauses between them some two minutes. */
const maxTries = 8;
const firstPauseMs = 1_000;
const longestPauseMs = 30_000;
/** Whatever EC2 says: a backup is not to stand still for an hour. */
const longestToldPauseMs = 60_000;

/** No request is made. Errors: ARK_CONFIG_INVALID. */
export async function connectEc2(
  options: EbsOptions,
  display: string,
  context: PluginContext,
): Promise<Ec2> {
  const { region, profile } = options;
  const client = await createClient(options, context);
  return {
    client,
    async call(what, signal, send) {
      const attempt: Attempt = { ...what, display, region };
      for (let tries = 1; ; tries += 1) {
        signal.throwIfAborted();
        try {
          return await send({ abortSignal: signal });
        } catch (thrown) {
          signal.throwIfAborted();
          const { isSlowDown, isPassing, retryAfterMs } = judge(thrown);
          const mayRepeat = isSlowDown || (isPassing && what.makes === undefined);
          const error = toProviderError(thrown, attempt);
          if (!mayRepeat || tries === maxTries) throw error;
          const told = retryAfterMs ?? pauseAfter(tries, context.clock.random());
          const pauseMs = Math.min(told, longestToldPauseMs);
          const { operation, subject } = what;
          const { answer } = error;
          const fields = { operation, subject, answer, pauseMs, ...(profile && { profile }) };
          context.log?.write("info", "a provider is asked again", fields);
          await context.clock.sleep(pauseMs, signal);
        }
      }
    },
  };
}

const pauseAfter = (tries: number, chance: number): number =>
  Math.round(Math.min(firstPauseMs * 2 ** (tries - 1), longestPauseMs) * (0.5 + chance / 2));

/** Whether EC2 answered that the snapshot does not exist. */
export function isGoneSnapshot(thrown: unknown): boolean {
  return hasCode(thrown, "ARK_PROVIDER_FAILED") && judge(thrown.cause).isGone;
}

async function createClient(options: EbsOptions, context: PluginContext): Promise<EC2Client> {
  const { region, profile } = options;
  const endpoint = chosenEndpoint(context.env);
  const target = endpoint ?? `https://ec2.${region}.amazonaws.com`;
  const credentials = chooseCredentials(options, context);
  const config: EC2ClientConfig = {
    region,
    requestHandler: await createRequestHandler({ target }, context.env, defaultTimeouts),
    // Repeating is the business of `call`: the SDK would make a second snapshot.
    maxAttempts: 1,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(profile === undefined ? {} : { profile }),
    ...(credentials === undefined ? {} : { credentials }),
  };
  return new EC2Client(config);
}

/** As the SDKs of AWS read it, Velero's plugin with them. */
function chosenEndpoint(env: PluginContext["env"]): string | undefined {
  if (env["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"]?.toLowerCase() === "true") return undefined;
  return env["AWS_ENDPOINT_URL_EC2"] || env["AWS_ENDPOINT_URL"] || undefined;
}
