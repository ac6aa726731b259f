import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { redactObject, removeSecrets } from "../../../domain/redaction/redact-object.ts";
import { tarEnd, tarHeader, tarPadding } from "../../../format/tar.ts";
import { toArkError } from "../../../lib/errors.ts";
import { safeText } from "../../render/error-text.ts";

/** What a support bundle holds, as it is gathered. */
export interface Bundle {
  /** Runs a step; what it throws becomes a gap, and nothing is lost but that. */
  step(what: string, work: () => Promise<void>): Promise<void>;
  /** Adds objects without their secrets, which are from then on taken out of every text too. */
  addObjects(path: string, objects: unknown): void;
  addText(path: string, text: string): void;
  /** What could not be read, and why. */
  readonly gaps: readonly string[];
  /** tar.gz of everything below `folder`, with a README that names the gaps. */
  pack(folder: string, now: Date): Promise<{ readonly bytes: Buffer; readonly files: number }>;
}

export function createBundle(signal: AbortSignal): Bundle {
  const files = new Map<string, string>();
  const secrets = new Set<string>();
  const gaps: string[] = [];
  return {
    gaps,
    async step(what, work) {
      try {
        await work();
      } catch (thrown) {
        signal.throwIfAborted();
        const { message, answer } = toArkError(thrown);
        gaps.push(`${what}: ${message}${answer === undefined ? "" : ` (${answer})`}`);
      }
    },
    addObjects(path, objects) {
      const redacted = redactObject(objects);
      for (const secret of redacted.secrets) secrets.add(secret);
      files.set(path, `${JSON.stringify(redacted.object, undefined, 2)}\n`);
    },
    addText: (path, text) => void files.set(path, text),
    async pack(folder, now) {
      files.set("README.txt", readme(gaps, now));
      const seconds = Math.floor(now.getTime() / 1000);
      const parts = [...files].flatMap(([path, text]) => {
        // Secrets are known only when all objects have been seen.
        const body = Buffer.from(safeText(removeSecrets(text, secrets)));
        const header = tarHeader(`${folder}/${path}`, body.length, seconds);
        return [header, body, tarPadding(body.length)];
      });
      const bytes = await promisify(gzip)(Buffer.concat([...parts, tarEnd]));
      return { bytes, files: files.size };
    },
  };
}

function readme(gaps: readonly string[], now: Date): string {
  const left =
    gaps.length === 0
      ? "Everything could be read."
      : `Could not be read:\n${gaps.map((gap) => `- ${gap}`).join("\n")}`;
  return `Support bundle of ark-ts, ${now.toISOString()}

Taken out: Secrets as a whole, values of environment variables, settings of stores that are not known
to be harmless, arguments of hooks, signed URLs, passwords in URLs, what kubectl keeps of an object in
an annotation, and each of these values wherever it stands in a log. Names of objects, namespaces,
buckets and hosts are in it: look through it before you hand it on.

${left}
`;
}
