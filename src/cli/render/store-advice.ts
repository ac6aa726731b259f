import type { ProbeResult } from "../../ports/object-store.ts";

type Outcome = ProbeResult["outcome"];

/** What to do about an answer of a location; checks and outcomes without a line need nothing. */
const advice: Readonly<Record<string, Partial<Record<Outcome, string>>>> = {
  reach: { failed: "mend this first" },
  credentials: { failed: "mend this first; nothing else was asked" },
  list: { failed: "needed for everything: mend this first" },
  put: { failed: "needed to back up; restores can do without" },
  get: { failed: "needed for everything: backups are read back before they are sealed" },
  "range read": { no: "nothing; single objects cost a read of the whole archive" },
  "conditional put": {
    no: "set conditionalPut=false in the location's config; it spares a put for each run",
    failed: "set conditionalPut=false in the location's config",
  },
  "multipart upload": {
    no: "take backups of fewer namespaces each when they grow",
    failed: "needed for backups larger than one part (8 MiB)",
  },
  delete: { failed: "needed for delete, prune and tidying up; give the right to delete" },
  "signed URLs": {
    no: "nothing for ark-ts; the velero command downloads by such URLs (a server makes them)",
  },
  private: {
    failed: "take away public reading: backups hold Secrets, readable",
  },
  checksums: {
    no: "nothing; ark-ts reads back what it wrote and compares",
    failed: "choose another with checksumAlgorithm in the location's config",
  },
  lifecycle: { no: "let a lifecycle rule remove old versions; else they take room for ever" },
  clock: { failed: "set the clock; stores refuse a difference of minutes" },
};

/** Undefined: nothing is to be done. */
export function adviceFor({ check, outcome }: ProbeResult): string | undefined {
  return advice[check]?.[outcome];
}

interface Rule {
  readonly check: string;
  readonly outcomes: readonly Outcome[];
  readonly follows: string;
}

/** What follows for backups, in this order. */
const rules: readonly Rule[] = [
  { check: "put", outcomes: ["failed"], follows: "backups cannot be written here" },
  { check: "put", outcomes: ["not asked"], follows: "backups here are read only" },
  {
    check: "conditional put",
    outcomes: ["yes"],
    follows: "two runs of one name are kept apart by the store",
  },
  {
    check: "conditional put",
    outcomes: ["no", "failed", "not asked"],
    follows:
      "two runs of one name are kept apart by looking at each other's records, which needs lists that keep up",
  },
  {
    check: "multipart upload",
    outcomes: ["yes"],
    follows: "a backup that is cut off goes on where it was",
  },
  {
    check: "multipart upload",
    outcomes: ["no", "failed"],
    follows: "a backup has at most 256 MiB compressed, and one that is cut off may begin again",
  },
  {
    check: "range read",
    outcomes: ["no", "failed"],
    follows: "restores read the whole archive in one pass",
  },
  {
    check: "object lock",
    outcomes: ["yes"],
    follows: "delete and prune hide backups; their bytes are freed after the retention",
  },
  { check: "delete", outcomes: ["failed"], follows: "delete and prune fail" },
];

/** Sentences on what these answers mean for backups in this location. */
export function conclusionsOf(results: readonly ProbeResult[]): readonly string[] {
  const sentences = rules.flatMap(({ check, outcomes, follows }) => {
    const found = results.find((result) => result.check === check);
    return found !== undefined && outcomes.includes(found.outcome) ? [follows] : [];
  });
  const isHidden = results.some(
    ({ check, outcome }) => check === "versioning" && outcome === "yes",
  );
  const isLocked = results.some(
    ({ check, outcome }) => check === "object lock" && outcome === "yes",
  );
  if (!isHidden || isLocked) return sentences;
  const goes = results.some(({ check, outcome }) => check === "lifecycle" && outcome === "yes");
  const then = goes ? "are freed by the bucket's lifecycle rule" : "stay as old versions";
  return [...sentences, `delete and prune hide backups; their bytes ${then}`];
}
