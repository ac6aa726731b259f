import type { IndexLine } from "../../format/index-line.ts";
import type { TextSink } from "../environment.ts";
import { size } from "./amounts.ts";
import { toYaml } from "./resource-output.ts";
import { type Column, renderTable } from "./table.ts";

/** Prints objects as they come; memory does not grow with the backup. */
export interface IndexPrinter {
  add(line: IndexLine, path: string): Promise<void>;
  /** Ends the output and answers how many objects there were. */
  end(): Promise<number>;
}

const columns: readonly Column<IndexLine>[] = [
  { title: "RESOURCE", cell: ({ resource }) => resource },
  { title: "NAMESPACE", cell: ({ namespace }) => namespace ?? "" },
  { title: "NAME", cell: ({ name }) => name },
  { title: "VERSION", cell: ({ version }) => version },
  { title: "SIZE", cell: ({ at }) => size(at[3]), align: "right" },
];

/** Rows that share one set of column widths. */
const batchRows = 2_000;

/** `-o table` in batches; json and yaml as one list, `name` as paths, line by line. */
export async function createIndexPrinter(
  format: string | undefined,
  backup: string,
  sink: TextSink,
): Promise<IndexPrinter> {
  let count = 0;
  let batch: IndexLine[] = [];
  const flush = () => {
    if (batch.length > 0 || count === 0) {
      const text = renderTable(columns, batch);
      sink.write(count > batch.length ? text.slice(text.indexOf("\n") + 1) : text);
    }
    batch = [];
  };
  const shown = ({
    resource,
    version,
    kind,
    namespace,
    name,
    uid,
    resourceVersion,
    sha256,
    at,
  }: IndexLine) => ({
    resource,
    version,
    kind,
    ...(namespace !== undefined && { namespace }),
    name,
    uid,
    resourceVersion,
    sha256,
    sizeBytes: at[3],
  });
  if (format === "json") sink.write(`{\n  "backup": ${JSON.stringify(backup)},\n  "objects": [`);
  if (format === "yaml") sink.write(await toYaml({ backup }).then((text) => `${text}objects:\n`));
  return {
    async add(line, path) {
      count += 1;
      if (format === "json")
        sink.write(`${count === 1 ? "" : ","}\n    ${JSON.stringify(shown(line))}`);
      else if (format === "yaml") sink.write(await toYaml([shown(line)]));
      else if (format === "name") sink.write(`${path}\n`);
      else if (batch.push(line) >= batchRows) flush();
      await sink.drained();
    },
    async end() {
      if (format === "json") sink.write(`${count === 0 ? "" : "\n  "}]\n}\n`);
      else if (format === undefined || format === "table") flush();
      return count;
    },
  };
}
