import { defineKind, type ResourceOf } from "./custom-resource.ts";
import { phaseTable } from "./phase-table.ts";
import { listOf, nullable, oneOf, record, required, text, time, type Valued } from "./schema.ts";

const phases = phaseTable(
  { New: ["Processed"], Processed: [] },
  { terminal: ["Processed"], awaited: ["Processed"] },
);

const spec = record({}, "Nothing is asked for but the answer.");

const status = record(
  {
    phase: oneOf(phases.phases, "How far it has come."),
    processedTimestamp: time("When it was answered."),
    serverVersion: text("Version of the server."),
    plugins: nullable(
      listOf(
        record(
          {
            name: required(text("Its name, such as velero.io/aws.")),
            kind: required(text("What it does, such as ObjectStore.")),
          },
          "A plugin.",
        ),
        "The plugins that the server has.",
      ),
    ),
  },
  "The answer.",
);

/** Velero's ServerStatusRequest (contract: its CRD, release 1.18.3). */
export const serverStatusRequestKind = defineKind({
  version: "v1",
  kind: "ServerStatusRequest",
  plural: "serverstatusrequests",
  shortNames: ["ssr"],
  description: "Asks whether a server is there, and of which version.",
  spec,
  status,
  phases,
});

export type ServerStatusRequestStatus = Valued<typeof status>;
export type ServerStatusRequest = ResourceOf<typeof serverStatusRequestKind>;
