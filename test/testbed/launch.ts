/** Starting a server on ports that are free now, and again on others if somebody was quicker. */
import { claimPort } from "./free-ports.ts";
import type { ProcessGroup, ProcessSpec } from "./process-group.ts";

export interface Launch {
  readonly name: string;
  readonly portCount: number;
  toSpec(ports: readonly number[]): ProcessSpec;
  isReady(ports: readonly number[]): Promise<boolean>;
  readonly signal?: AbortSignal | undefined;
}

const attempts = 3;

/** Starts the server, waits until it is ready, and returns its ports. */
export async function launch(group: ProcessGroup, what: Launch): Promise<number[]> {
  for (let attempt = 1; ; attempt += 1) {
    const claims = await Promise.all(Array.from({ length: what.portCount }, () => claimPort()));
    const ports = claims.map((claim) => claim.port);
    try {
      await group.start(what.toSpec(ports));
      await group.ready(what.name, () => what.isReady(ports), { signal: what.signal });
      return ports;
    } catch (error) {
      const taken = /address already in use/.test(group.logTail(what.name));
      if (!taken || attempt === attempts) throw error;
    } finally {
      for (const claim of claims) claim.release();
    }
  }
}
