import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { createDirectoryStore } from "../../../plugins/object-store-directory/store.ts";
import { createSystemClock } from "../../../src/adapters/clock/system-clock.ts";
import type { NameRecord } from "../../../src/catalog/name-record.ts";
import { runCommandLine } from "../../../src/cli/main.ts";
import { runOwner } from "../../../src/cli/run-owner.ts";
import type { ObjectStore } from "../../../src/ports/object-store.ts";
import { fakeEnvironment } from "./fake-environment.ts";

const root = mkdtempSync(join(tmpdir(), "ark-read-"));
after(() => rmSync(root, { recursive: true, force: true }));

/** A process that runs here: this one. */
export const hereOwner = await runOwner(process.pid);
export const elsewhereOwner = { ...hereOwner, host: "another" };
/** No process has this number: it is over what Linux gives. */
export const goneOwner = { ...hereOwner, pid: 2 ** 30 };

/** The record of a run as its store has it. */
export function recordOf(owner: NameRecord["owner"], spec: object): Buffer {
  const record: NameRecord = {
    owner,
    runUid: "u-1",
    clusterId: "c",
    spec,
    requestSha256: "0".repeat(64),
    startedAt: "2026-11-20T02:00:00Z",
  };
  return Buffer.from(JSON.stringify(record));
}

export interface Home {
  readonly store: ObjectStore;
  run(...argv: string[]): Promise<{ status: number; out: string; err: string }>;
  /** Runs it on a terminal where no is answered; the question that was asked. */
  questionOf(...argv: string[]): Promise<string>;
}

/** A home whose default location holds what the test puts there. */
export function freshHome(): Home {
  const home = mkdtempSync(join(root, "home-"));
  const folder = join(home, ".local/share/ark-ts");
  const store = createDirectoryStore({ root: folder, display: folder, clock: createSystemClock() });
  return {
    store,
    async run(...argv) {
      const environment = fakeEnvironment(home, [...argv, "--mode=standalone"]);
      const status = await runCommandLine(environment);
      const [out = "", err = ""] = [environment.stdout, environment.stderr].map(({ text }) =>
        withoutOurMode(text),
      );
      return { status, out, err };
    },
    async questionOf(...argv) {
      let asked = "";
      const ask = async (question: string): Promise<string> => {
        asked += question;
        return "no";
      };
      const answers = { canAsk: true, ask };
      await runCommandLine(fakeEnvironment(home, [...argv, "--mode=standalone"], answers));
      return asked;
    },
  };
}

/** Commands that are suggested carry the mode that was typed; here the tests did not type it. */
function withoutOurMode(text: string): string {
  return text.replaceAll(/\bark-ts [^\n;`]*/g, (line) => line.replaceAll(" --mode standalone", ""));
}
