/** Ports on 127.0.0.1 that nobody listens on, and that no other testbed is about to take. */
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { cacheFolder } from "./cache-folder.ts";
import { type Release, tryLock } from "./lock-folder.ts";

export interface ClaimedPort {
  readonly port: number;
  /** To be called when the port's user listens; from then on the port shows as taken by itself. */
  readonly release: Release;
}

const lowest = 20_000;

/** The first port that the kernel may give to any outgoing connection: ours lie below it. */
function ephemeralStart(): number {
  try {
    const text = readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8");
    return Number(text.trim().split(/\s+/)[0]);
  } catch {
    return 32_768;
  }
}

/** True if a listener can bind the port now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () =>
      server.close(() => resolve(true)),
    );
  });
}

/** Where the claims of this user's testbeds stand, one lock folder for each port. */
export function claimsFolder(): string {
  return join(cacheFolder(), "ports");
}

/** Claims one free port; the claim keeps other testbeds of this user away until it is released. */
export async function claimPort(folder = claimsFolder()): Promise<ClaimedPort> {
  const start = ephemeralStart();
  const [from, to] = start > lowest + 1000 ? [lowest, start] : [start, 60_999];
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = from + Math.floor(Math.random() * (to - from));
    const claim = tryLock(join(folder, String(port)));
    if (!("release" in claim)) continue;
    if (await isFree(port)) return { port, release: claim.release };
    claim.release();
  }
  throw new Error(`no free port was found on 127.0.0.1 between ${from} and ${to} in 200 tries`);
}
