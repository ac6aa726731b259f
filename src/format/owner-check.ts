import type { Shape } from "./json-shape.ts";

/** The process that wrote a record, as it stands there; docs/format.md, "Names". */
export interface RecordedOwner {
  readonly host: string;
  readonly bootId: string;
  readonly pid: number;
  readonly term?: {
    readonly clusterId: string;
    readonly namespace: string;
    readonly lease: string;
    readonly epoch: number;
  };
}

/** Throws what `shape` throws. */
export function checkOwner(value: unknown, shape: Shape): RecordedOwner {
  const owner = shape.record(value, "owner");
  const process = {
    host: shape.text(owner["host"], "owner.host"),
    bootId: shape.text(owner["bootId"], "owner.bootId"),
    pid: shape.count(owner["pid"], "owner.pid"),
  };
  if (owner["term"] === undefined) return process;
  const term = shape.record(owner["term"], "owner.term");
  return {
    ...process,
    term: {
      clusterId: shape.text(term["clusterId"], "owner.term.clusterId", 128),
      namespace: shape.text(term["namespace"], "owner.term.namespace", 253),
      lease: shape.text(term["lease"], "owner.term.lease", 253),
      epoch: shape.count(term["epoch"], "owner.term.epoch"),
    },
  };
}
