/** A double of EC2 on 127.0.0.1: moto, which keeps volumes and snapshots in memory. */
import { fetchStatus } from "./fetch-status.ts";
import { launch } from "./launch.ts";
import { ensureMoto } from "./moto-programs.ts";
import { createProcessGroup } from "./process-group.ts";

export interface Moto {
  readonly endpoint: string;
  readonly region: string;
  /** What the SDKs of AWS need to speak to it; moto takes any credentials. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends it and what it holds. Safe to call twice. */
  stop(): Promise<void>;
}

export async function startMoto(signal?: AbortSignal): Promise<Moto> {
  const python = await ensureMoto(signal);
  const group = await createProcessGroup("processes");
  try {
    const urlOf = (port: number | undefined) => `http://127.0.0.1:${port}`;
    const [port] = await launch(group, {
      name: "moto",
      portCount: 1,
      signal,
      toSpec: ([number]) => ({
        name: "moto",
        command: [python, "-m", "moto.server", "-H", "127.0.0.1", "-p", `${number}`],
      }),
      isReady: async ([number]) => (await fetchStatus(`${urlOf(number)}/moto-api/`)) === 200,
    });
    const endpoint = urlOf(port);
    const region = "us-east-1";
    return {
      endpoint,
      region,
      env: {
        AWS_ENDPOINT_URL_EC2: endpoint,
        AWS_ACCESS_KEY_ID: "AKIAMOTO",
        AWS_SECRET_ACCESS_KEY: "moto",
        NO_PROXY: "127.0.0.1",
      },
      stop: () => group.stop(),
    };
  } catch (error) {
    await group.stop();
    throw error;
  }
}
