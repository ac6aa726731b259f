import type { Writable } from "node:stream";
import { ArkError, toArkError } from "../../../lib/errors.ts";
import type { Clock } from "../../../ports/clock.ts";
import { bearer } from "./bearer-token.ts";
import type { CredentialSource, Credentials } from "./credential-source.ts";
import { type ExecCredential, parseExecCredential, renewalTime } from "./exec-credential.ts";
import { decideInteractive, execInfo } from "./exec-info.ts";
import type { ClusterEntry, ExecEntry } from "./kubeconfig-entries.ts";
import { runPlugin } from "./run-plugin.ts";
import { singleFlight } from "./single-flight.ts";
import { checkPair } from "./tls-material.ts";

export interface ExecSourceOptions {
  readonly exec: ExecEntry;
  readonly user: string;
  readonly cluster: ClusterEntry;
  /** PEM of the cluster's authority, for a plugin that wants cluster info. */
  readonly ca: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where a plugin may talk to the user; undefined: there is no terminal. */
  readonly terminal: Writable | undefined;
  /** Default 60 s without a terminal, 5 min with one, as a person may have to log in. */
  readonly timeoutMs: number | undefined;
  readonly clock: Clock;
}

/** A plugin whose answers are always expired already is not run more often than this. */
const minIntervalMs = 10_000;

interface Held {
  readonly credentials: Credentials;
  readonly expiresAt: Date | undefined;
  readonly renewAt: Date | undefined;
  readonly receivedAtMs: number;
}

/** Credentials from a plugin: run when first asked, before they expire, and after a 401. */
export function execSource(options: ExecSourceOptions): CredentialSource {
  const { exec, user, cluster, clock } = options;
  const interactive = decideInteractive(exec, user, options.terminal !== undefined);
  const caData = options.ca && Buffer.from(options.ca, "utf8").toString("base64");
  const closing = new AbortController();
  let held: Held | undefined;

  const run = singleFlight(async (): Promise<Held> => {
    const stdout = await runPlugin(
      {
        exec,
        user,
        env: options.env,
        info: execInfo(exec, interactive, cluster, caData),
        terminal: interactive ? options.terminal : undefined,
        timeoutMs: options.timeoutMs ?? (interactive ? 300_000 : 60_000),
      },
      closing.signal,
    );
    const answer = parseExecCredential(stdout, exec);
    held = {
      credentials: toCredentials(answer, exec.command),
      expiresAt: answer.expiresAt,
      renewAt: renewalTime(clock.now(), answer.expiresAt),
      receivedAtMs: clock.monotonicMs(),
    };
    return held;
  });

  const isGood = (candidate: Held): boolean =>
    candidate.renewAt === undefined ||
    clock.now() < candidate.renewAt ||
    clock.monotonicMs() - candidate.receivedAtMs < minIntervalMs;

  /** A renewal that fails is put off while what is held is still accepted. */
  const renew = async (): Promise<Held> => {
    try {
      return await run();
    } catch (error) {
      if (held?.expiresAt === undefined || clock.now() >= held.expiresAt) throw error;
      held = { ...held, receivedAtMs: clock.monotonicMs() };
      return held;
    }
  };

  return {
    current: async () => (held !== undefined && isGood(held) ? held : await renew()).credentials,
    refresh: async () => {
      const before = held?.credentials;
      return !sameCredentials(before, (await run()).credentials);
    },
    close: () => closing.abort(),
  };
}

function toCredentials(answer: ExecCredential, command: string): Credentials {
  const origin = `credential plugin "${command}"`;
  const { token, certificate } = answer;
  try {
    if (certificate !== undefined) checkPair(certificate, origin);
    const authorization = token === undefined ? undefined : bearer(token.trim(), origin);
    return { authorization, certificate };
  } catch (error) {
    const { message, answer: fault } = toArkError(error);
    throw new ArkError("ARK_CREDENTIAL_PLUGIN", message, {
      ...(fault !== undefined && { answer: fault }),
      advice: "run the plugin by hand to see what it prints",
    });
  }
}

function sameCredentials(a: Credentials | undefined, b: Credentials): boolean {
  return (
    a?.authorization === b.authorization &&
    a?.certificate?.cert === b.certificate?.cert &&
    a?.certificate?.key === b.certificate?.key
  );
}
