/**
 * Where a CPU profile says that the time went: `sh test/bootstrap.sh bench/profile-summary.ts
 * FILE.cpuprofile [ROWS]`. Self time of the main thread by function and by file.
 */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
  };
}

interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

export interface ProfileShare {
  readonly name: string;
  readonly ms: number;
}

export interface ProfileSummary {
  readonly totalMs: number;
  readonly byFunction: readonly ProfileShare[];
  readonly byFile: readonly ProfileShare[];
}

const root = pathToFileURL(`${process.cwd()}/`).href;

function placeOf(url: string): string {
  if (url === "") return "(engine)";
  const short = url.startsWith(root) ? url.slice(root.length) : url;
  const packaged = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(short);
  return packaged === null ? short : `package ${packaged[1]}`;
}

export function summariseProfile(file: string): ProfileSummary {
  const profile = JSON.parse(readFileSync(file, "utf8")) as CpuProfile;
  const nodes = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
  const functions = new Map<string, number>();
  const files = new Map<string, number>();
  let totalMs = 0;
  for (const [at, id] of profile.samples.entries()) {
    const frame = nodes.get(id);
    if (frame === undefined) continue;
    const ms = (profile.timeDeltas[at] ?? 0) / 1000;
    const place = placeOf(frame.url);
    const name = `${frame.functionName || "(anonymous)"}  ${place}:${frame.lineNumber + 1}`;
    totalMs += ms;
    functions.set(name, (functions.get(name) ?? 0) + ms);
    const group = place === "(engine)" ? frame.functionName || place : place;
    files.set(group, (files.get(group) ?? 0) + ms);
  }
  return { totalMs, byFunction: sorted(functions), byFile: sorted(files) };
}

function sorted(times: ReadonlyMap<string, number>): ProfileShare[] {
  return [...times].map(([name, ms]) => ({ name, ms })).sort((a, b) => b.ms - a.ms);
}

export function renderProfile(summary: ProfileSummary, rows: number): string {
  const line = ({ name, ms }: ProfileShare): string => {
    const share = ((ms * 100) / summary.totalMs).toFixed(1).padStart(5);
    return `  ${ms.toFixed(0).padStart(6)} ms ${share} %  ${name}`;
  };
  return [
    `main thread: ${summary.totalMs.toFixed(0)} ms`,
    "by file:",
    ...summary.byFile.slice(0, rows).map(line),
    "by function:",
    ...summary.byFunction.slice(0, rows).map(line),
    "",
  ].join("\n");
}

if (import.meta.main) {
  const [file, rows = "30"] = process.argv.slice(2);
  if (file === undefined) throw new Error("usage: profile-summary.ts FILE.cpuprofile [ROWS]");
  process.stdout.write(renderProfile(summariseProfile(file), Number(rows)));
}
