import type { PrinterColumn } from "./custom-resource.ts";

const status: PrinterColumn = {
  name: "Status",
  type: "string",
  jsonPath: ".status.phase",
  description: "How far it has come.",
};
const started: PrinterColumn = {
  name: "Started",
  type: "date",
  jsonPath: ".status.startTimestamp",
  description: "When the data began to flow.",
};
const bytesDone: PrinterColumn = {
  name: "Bytes Done",
  type: "integer",
  format: "int64",
  jsonPath: ".status.progress.bytesDone",
  description: "Bytes done.",
};
const totalBytes: PrinterColumn = {
  name: "Total Bytes",
  type: "integer",
  format: "int64",
  jsonPath: ".status.progress.totalBytes",
  description: "Bytes of the volume.",
};
const incrementalBytes: PrinterColumn = {
  name: "Incremental Bytes",
  type: "integer",
  format: "int64",
  jsonPath: ".status.incrementalBytes",
  description: "Bytes that are new since the last backup.",
  priority: 10,
};
const location: PrinterColumn = {
  name: "Storage Location",
  type: "string",
  jsonPath: ".spec.backupStorageLocation",
  description: "BackupStorageLocation of the data.",
};
const age: PrinterColumn = {
  name: "Age",
  type: "date",
  jsonPath: ".metadata.creationTimestamp",
  description: "When it was asked for.",
};

export const nodeColumn = (jsonPath: string): PrinterColumn => ({
  name: "Node",
  type: "string",
  jsonPath,
  description: "Node that does the work.",
});

/** The columns, before those of the node, of what moves data into a location, and out of it. */
export const uploadColumns: readonly PrinterColumn[] = [
  status,
  started,
  bytesDone,
  totalBytes,
  incrementalBytes,
  location,
  age,
];
export const downloadColumns = uploadColumns.filter((column) => column !== incrementalBytes);
