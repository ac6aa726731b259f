/**
 * A double of Google Cloud Storage on 127.0.0.1: fake-gcs-server, which keeps objects in memory. It
 * asks nobody who they are, checks no signature and has no uploads in parts of the XML API: tests
 * reach it through `test/support/google/gcs-front.ts`.
 */

import { ensureBinary } from "./binaries.ts";
import { fetchStatus } from "./fetch-status.ts";
import { launch } from "./launch.ts";
import { createProcessGroup } from "./process-group.ts";

export interface FakeGcs {
  readonly endpoint: string;
  /** Ends it and what it holds. Safe to call twice. */
  stop(): Promise<void>;
}

export async function startFakeGcs(signal?: AbortSignal): Promise<FakeGcs> {
  const binary = await ensureBinary("fake-gcs-server", signal);
  const group = await createProcessGroup("processes");
  try {
    const urlOf = (port: number | undefined) => `http://127.0.0.1:${port}`;
    const [port] = await launch(group, {
      name: "fake-gcs-server",
      portCount: 1,
      signal,
      toSpec: ([number]) => ({
        name: "fake-gcs-server",
        command: [
          binary,
          ...["-scheme", "http", "-host", "127.0.0.1", "-port", `${number}`],
          ...["-public-host", `127.0.0.1:${number}`, "-backend", "memory", "-log-level", "error"],
        ],
      }),
      isReady: async ([number]) =>
        (await fetchStatus(`${urlOf(number)}/_internal/healthcheck`)) === 200,
    });
    return { endpoint: urlOf(port), stop: () => group.stop() };
  } catch (error) {
    await group.stop();
    throw error;
  }
}
