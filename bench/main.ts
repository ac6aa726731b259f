/** `npm run bench`: ratios to bare clients, and to Velero, on this machine and in this run. */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { benchCapture } from "./capture.ts";
import type { Fill } from "./filled-cluster.ts";
import { benchHelp } from "./help.ts";
import { benchHuge, benchHugeRestore } from "./huge.ts";
import { profileCapture } from "./profile.ts";
import { tellNothing } from "./progress.ts";
import { describeMachine, machineLine, renderSection, type Section } from "./report.ts";
import { benchRestore } from "./restore.ts";
import { benchServer } from "./server.ts";
import { benchVolumes } from "./volumes.ts";

const usage = `npm run bench -- [BENCH ...] [FLAGS]

  help      ark-ts --help: time and loaded modules
  capture   backups of a whole real cluster, to MinIO and to a directory
  restore   restores of Secrets into an empty namespace, of what is all there, of what differs
            (policy update), and a plan with dry-run
  huge      peak memory of a capture of --huge objects, and of plan and restore of --huge-restore,
            with the in-memory API server (only when named, or --full)
  huge-restore  the second of these alone
  volumes   one backup of --claims claims with CSI snapshots, with a slow driver and with one that
            refuses for rate; needs a real node, as tests on one do (only when named)
  server    two replicas at rest, with --backups and --schedules: memory, and requests a minute;
            a quarter of an hour (only when named)
  profile   where the main thread of a capture spends its time (only when named)
Default: help, capture and restore.

  --objects N[,N]    sizes of the capture                     (10000,100000; --full: 10000,131000)
  --secrets N[,N]    sizes of the restore                     (10000; --full: 10000,31000)
  --huge N           size of the huge capture                 (1000000)
  --huge-restore N   size of the huge restore                 (100000)
  --claims N         claims of the bench of volumes           (200)
  --backups N        Backups of the bench of the server       (2000)
  --schedules N      its Schedules                            (300)
  --rounds N         rounds of each, of which the median is told                            (3)
  --peer             real Velero too, in the same run, on --peer-objects and --peer-secrets
  --peer-objects N   size of the capture beside Velero        (10000; --full: 131000)
  --peer-secrets N   size of the restore beside Velero        (1000; --full: 31000)
  --full             all benches at the sizes of the budgets: an hour and more with --peer
  -o, --output FILE  the figures as JSON
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    objects: { type: "string" },
    secrets: { type: "string" },
    huge: { type: "string", default: "1000000" },
    "huge-restore": { type: "string", default: "100000" },
    claims: { type: "string", default: "200" },
    backups: { type: "string", default: "2000" },
    schedules: { type: "string", default: "300" },
    rounds: { type: "string", default: "3" },
    peer: { type: "boolean", default: false },
    "peer-objects": { type: "string" },
    "peer-secrets": { type: "string" },
    full: { type: "boolean", default: false },
    output: { type: "string", short: "o" },
    help: { type: "boolean", short: "h", default: false },
  },
});

function counts(flag: string, text: string): number[] {
  return text.split(",").map((part) => {
    const count = Number(part);
    if (Number.isSafeInteger(count) && count > 0) return count;
    throw new Error(`--${flag} ${text}: not a count\n${usage}`);
  });
}

function count(flag: string, text: string): number {
  return counts(flag, text)[0] as number;
}

const base: Fill = { objects: 10_000, sizeBytes: 2048, namespaces: 20 };
const fillOf = (objects: number) => ({
  fill: { ...base, objects },
  ...(objects > base.objects && { base }),
});

const { full } = values;
const rounds = count("rounds", values.rounds);
const captureSizes = counts("objects", values.objects ?? (full ? "10000,131000" : "10000,100000"));
const restoreSizes = counts("secrets", values.secrets ?? (full ? "10000,31000" : "10000"));
const peerSize = count("peer-objects", values["peer-objects"] ?? (full ? "131000" : "10000"));
const peerSecrets = count("peer-secrets", values["peer-secrets"] ?? (full ? "31000" : "1000"));

async function* sections(wanted: (name: string) => boolean): AsyncGenerator<Section> {
  if (wanted("help")) yield await benchHelp(Math.max(9, rounds));
  if (wanted("capture")) {
    const sizes =
      values.peer && !captureSizes.includes(peerSize) ? [peerSize, ...captureSizes] : captureSizes;
    for (const size of sizes) {
      yield await benchCapture({ ...fillOf(size), rounds, peer: values.peer && size === peerSize });
    }
  }
  if (wanted("restore")) {
    for (const [at, objects] of restoreSizes.entries()) {
      const isLast = at === restoreSizes.length - 1;
      const peerObjects = values.peer && isLast ? peerSecrets : undefined;
      yield await benchRestore({ objects, rounds, peerObjects });
    }
  }
  if (wanted("huge")) yield await benchHuge(count("huge", values.huge));
  if (wanted("huge") || wanted("huge-restore")) {
    yield await benchHugeRestore(count("huge-restore", values["huge-restore"]));
  }
  if (wanted("volumes")) yield await benchVolumes(count("claims", values.claims));
  if (wanted("server")) {
    const { backups, schedules } = values;
    yield await benchServer({
      backups: count("backups", backups),
      schedules: count("schedules", schedules),
    });
  }
}

async function main(): Promise<void> {
  const known = [
    "help",
    "capture",
    "restore",
    "huge",
    "huge-restore",
    "volumes",
    "server",
    "profile",
  ];
  const strange = positionals.find((name) => !known.includes(name));
  if (strange !== undefined) throw new Error(`there is no bench "${strange}"\n\n${usage}`);
  const byDefault = ["help", "capture", "restore", ...(full ? ["huge"] : [])];
  const names = positionals.length > 0 ? positionals : byDefault;
  const machine = describeMachine();
  process.stdout.write(`${machineLine(machine)}\n\n`);
  const done: Section[] = [];
  for await (const section of sections((name) => names.includes(name))) {
    tellNothing();
    process.stdout.write(`${renderSection(section)}\n`);
    done.push(section);
    if (values.output !== undefined) {
      writeFileSync(
        values.output,
        `${JSON.stringify({ machine, sections: done }, undefined, 2)}\n`,
      );
    }
  }
  if (names.includes("profile")) {
    const { fill, base: smaller } = fillOf(captureSizes.at(-1) as number);
    const text = await profileCapture(fill, smaller);
    tellNothing();
    process.stdout.write(text);
  }
}

if (values.help) process.stdout.write(usage);
else await main();
