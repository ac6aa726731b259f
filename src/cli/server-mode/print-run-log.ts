import type { DownloadTarget } from "../../api/download-request.ts";
import { readLog } from "../../catalog/read-side-file.ts";
import { isUnbegun } from "../../domain/backups/backup-stage.ts";
import { logSegmentKey } from "../../format/keys.ts";
import { ArkError } from "../../lib/errors.ts";
import { type ExitStatus, exitStatus } from "../exit-codes.ts";
import { safeLogText } from "../render/error-text.ts";
import type { Session } from "../session.ts";
import { type Downloads, isMissingFile } from "./downloads.ts";
import type { Resources } from "./resources.ts";
import { hasEnded, phaseOf, type Run, type RunNoun } from "./runs.ts";

/** Between two looks at the log of a run that goes on. */
const followEveryMs = 2_000;

export interface RunLog {
  readonly noun: RunNoun;
  readonly name: string;
  readonly kind: DownloadTarget;
}

/**
 * Prints the log of a run: of one in progress what there is of it by now; with `--follow` until the
 * run has ended, what is new each time. Errors: ARK_OBJECT_NOT_FOUND where there is none, with the
 * phase of the run as the reason; those of the download.
 */
export async function printRunLog(
  session: Session,
  runs: Resources<Run>,
  downloads: Downloads,
  log: RunLog,
): Promise<ExitStatus> {
  const { flags } = session.invocation;
  const follow = flags.boolean("follow") === true;
  const printing = createPrinting(session, downloads, log);
  let said = false;
  for (;;) {
    const run = await runs.get(log.name);
    if (hasEnded(log.noun, run)) {
      const isThere = mayHaveLog(run) && (await printing.whole());
      if (!isThere) throw noLog(log, run);
      return exitStatus.done;
    }
    if (mayHaveLog(run)) await printing.segments(run.metadata.uid ?? "");
    const phase = phaseOf(run);
    if (!follow) {
      if (!printing.hasPrinted()) throw noLog(log, run);
      session.note(
        `${log.noun} ${log.name} goes on (${phase}): --follow prints the rest as it comes`,
      );
      return exitStatus.done;
    }
    if (!printing.hasPrinted() && !said) {
      said = true;
      session.note(`${log.noun} ${log.name} is ${phase} and has no log yet; waiting for it`);
    }
    await session.clock.sleep(followEveryMs, session.signal);
  }
}

/** What was never begun has none: it is not asked for. */
function mayHaveLog(run: Run): boolean {
  return !isUnbegun(phaseOf(run)) && phaseOf(run) !== "FailedValidation";
}

interface Printing {
  /** What a run in progress has logged since the last look. */
  segments(runUid: string): Promise<void>;
  /** The log file, less what has been printed; false: there is none. */
  whole(): Promise<boolean>;
  hasPrinted(): boolean;
}

/**
 * The log file has every line of the segments that its process could read, and more between them. So
 * lines are told apart by what they say, their time included.
 */
function createPrinting(session: Session, downloads: Downloads, { name, kind }: RunLog): Printing {
  const { stdout } = session.invocation.environment;
  const printed = new Set<string>();
  let next = 1;
  const print = async (lines: readonly string[]): Promise<void> => {
    if (lines.length === 0) return;
    stdout.write(safeLogText(lines.join("")));
    await stdout.drained();
  };
  return {
    hasPrinted: () => printed.size > 0,
    async segments(runUid) {
      for (; ; next += 1) {
        const key = logSegmentKey(runUid, next);
        const segment = { own: `log-${next}`, of: kind } as const;
        const source = downloads.source(name, new Map([[key, segment]]));
        try {
          for await (const lines of linesOf(readLog(source, key, session.signal))) {
            for (const line of lines) printed.add(line);
            await print(lines);
          }
        } catch (thrown) {
          if (isMissingFile(thrown)) return;
          throw thrown;
        }
      }
    },
    async whole() {
      const key = "log";
      const source = downloads.source(name, new Map([[key, kind]]));
      try {
        for await (const lines of linesOf(readLog(source, key, session.signal))) {
          await print(lines.filter((line) => !printed.has(line)));
        }
        return true;
      } catch (thrown) {
        if (isMissingFile(thrown)) return false;
        throw thrown;
      }
    },
  };
}

/** No line of ours is longer: what has no end is passed on in pieces. */
const longestLine = 1024 * 1024;

/** As they come, each with its newline if it has one. */
async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<readonly string[]> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of chunks) {
    const text = rest + decoder.decode(chunk, { stream: true });
    const end = text.length > longestLine ? text.length : text.lastIndexOf("\n") + 1;
    rest = text.slice(end);
    if (end > 0) yield text.slice(0, end).split(/(?<=\n)/);
  }
  rest += decoder.decode();
  if (rest !== "") yield [rest];
}

function noLog({ noun, name }: RunLog, run: Run): ArkError {
  const phase = phaseOf(run);
  const { validationErrors = [], failureReason } = run.status ?? {};
  const reasons = [...validationErrors, ...(failureReason === undefined ? [] : [failureReason])];
  const goesOn = !hasEnded(noun, run);
  return new ArkError(
    "ARK_OBJECT_NOT_FOUND",
    `${noun} "${name}" has no log${goesOn ? " yet" : ""}: it is ${phase}`,
    {
      ...(reasons.length === 0 ? {} : { answer: reasons.join("\n") }),
      advice: goesOn
        ? `--follow waits for it; what is known of it: ark-ts ${noun} describe ${name}`
        : `what is known of it: ark-ts ${noun} describe ${name}`,
    },
  );
}
