import type { Failpoint } from "./failpoints.ts";

/** Every kind of request that a restore makes of the store. */
export const restoreStorePoints: readonly Failpoint[] = [
  { name: "a list of the store", method: "GET", path: /list-type=2/ },
  { name: "a look at the bucket", method: "GET", path: /\?object-lock/ },
  { name: "a look for an object", method: "HEAD", path: /./ },
  { name: "a read of the backup", method: "GET", path: /\/backups\// },
  { name: "the record of who runs it", method: "PUT", path: /\/metadata\/ark-ts\/restores\// },
  { name: "a look for its record", method: "GET", path: /\/restores\// },
  { name: "a record of its journal", method: "PUT", path: /\/runs\// },
  { name: "its record", method: "PUT", path: /ark-restore\.json/ },
  { name: "a file of its results", method: "PUT", path: /\/restores\// },
  { name: "the removal of its journal", method: "DELETE", path: /\/runs\// },
  { name: "the removal of who ran it", method: "DELETE", path: /\/metadata\// },
];
