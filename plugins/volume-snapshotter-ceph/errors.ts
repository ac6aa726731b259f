import { ArkError, type ErrorCode } from "../../src/plugin-sdk/volume-snapshotter.ts";
import type { RbdAnswer } from "./rbd-program.ts";

/** What was being done when `rbd` ended. */
export interface Attempt {
  /** The command, as it is written: `snap create`. */
  readonly command: string;
  /** For people: `make a snapshot of`. */
  readonly verb: string;
  /** For people: `image "replicapool/csi-vol-1"`. */
  readonly subject: string;
  /** Whether the command changes anything. */
  readonly changes: boolean;
}

/** Whom and what the location names. */
export interface Place {
  /** For people: `ceph-rbd in location "disks"`. */
  readonly display: string;
  readonly program: string;
  readonly user: string;
  readonly pools: readonly string[];
  readonly timeoutMs: number;
}

/** `rbd` exits with these. */
const errno = {
  EPERM: 1,
  ENOENT: 2,
  EACCES: 13,
  EBUSY: 16,
  EEXIST: 17,
  EINVAL: 22,
  ENOSPC: 28,
  EROFS: 30,
  ENOSYS: 38,
  ENOTEMPTY: 39,
  EOPNOTSUPP: 95,
  ESHUTDOWN: 108,
  ETIMEDOUT: 110,
  EDQUOT: 122,
} as const;

interface ErrorRule {
  readonly statuses: readonly number[];
  /** What must stand in the answer. */
  readonly says?: RegExp;
  readonly code: ErrorCode;
  readonly advice: (place: Place) => string;
}

/** The program never had a cluster to ask. */
const notConnected = /couldn't connect to the cluster/;

const capabilities = ({ user, pools }: Place): string =>
  `give client.${user} the capabilities mon 'profile rbd' osd '${pools.map((pool) => `profile rbd pool=${pool}`).join(", ")}'`;

/** The first rule that fits counts. */
const errorRules: readonly ErrorRule[] = [
  {
    statuses: [errno.EPERM, errno.EACCES],
    says: notConnected,
    code: "ARK_PROVIDER_DENIED",
    advice: ({ user }) =>
      `the key of client.${user} is not valid there, or the keyring has none of it: check user and credentialsFile`,
  },
  {
    statuses: [errno.EOPNOTSUPP, errno.ENOENT],
    says: notConnected,
    code: "ARK_PROVIDER_DENIED",
    advice: ({ user }) => `no key of client.${user} was found: name its keyring in credentialsFile`,
  },
  {
    statuses: [errno.EINVAL],
    says: notConnected,
    code: "ARK_PROVIDER_UNREACHABLE",
    advice: () => "the addresses of the monitors are not valid, or their names are not known",
  },
  {
    statuses: [errno.ETIMEDOUT],
    says: notConnected,
    code: "ARK_PROVIDER_UNREACHABLE",
    advice: () =>
      "no monitor answered: check their addresses, and the network between here and them (ports 3300 and 6789)",
  },
  {
    statuses: [],
    says: notConnected,
    code: "ARK_PROVIDER_UNREACHABLE",
    advice: () => "check the addresses of the monitors, and the cluster's health",
  },
  {
    statuses: [errno.EPERM, errno.EACCES],
    code: "ARK_PROVIDER_DENIED",
    advice: capabilities,
  },
  {
    statuses: [errno.ENOENT],
    says: /error opening pool|namespace '.*' does not exist/,
    code: "ARK_PROVIDER_FAILED",
    advice: () => "there is no such pool or namespace: check pools and radosNamespace",
  },
  {
    statuses: [errno.ENOENT],
    code: "ARK_PROVIDER_FAILED",
    advice: () => "it was deleted, or lies in another pool or cluster",
  },
  {
    statuses: [errno.EBUSY],
    code: "ARK_PROVIDER_FAILED",
    advice: () =>
      "it is in use: `rbd status` says by whom; a client that died is forgotten after 30 seconds",
  },
  {
    statuses: [errno.ENOSPC, errno.EDQUOT],
    code: "ARK_PROVIDER_FAILED",
    advice: () =>
      "the pool is full, or its quota is used up: `ceph df detail` tells; delete what is not needed",
  },
  {
    statuses: [errno.EROFS],
    code: "ARK_PROVIDER_FAILED",
    advice: () =>
      "the image cannot be written here: as the other half of a mirror it is written there",
  },
  {
    statuses: [errno.ENOSYS, errno.EINVAL],
    says: /clone/,
    code: "ARK_PROVIDER_FAILED",
    advice: () =>
      "the image lacks the feature layering: copy it with `rbd deep cp` into one that has it",
  },
  {
    statuses: [errno.ENOTEMPTY],
    code: "ARK_PROVIDER_FAILED",
    advice: () => "somebody made snapshots of it: remove them with `rbd snap purge`",
  },
];

/** Statuses after which a change may have been made all the same. */
const doubtful: readonly number[] = [errno.ETIMEDOUT, errno.ESHUTDOWN];

/** Whether the image or snapshot that was asked for does not exist, in a pool that does. */
export const isGone = ({ status, stderr }: RbdAnswer): boolean =>
  status === errno.ENOENT && !notConnected.test(stderr) && !/opening pool|namespace '/.test(stderr);

export const isThere = ({ status }: RbdAnswer): boolean => status === errno.EEXIST;

/** Something hangs on the image: snapshots, and clones of those. */
export const isHeld = ({ status }: RbdAnswer): boolean => status === errno.ENOTEMPTY;

/** The one translation of how `rbd` ends. */
export function toProviderError(answer: RbdAnswer, attempt: Attempt, place: Place): ArkError {
  const { command, verb, subject, changes } = attempt;
  const story = { tried: `rbd ${command} ${subject}`, answer: wordsOf(answer, place) };
  const message = `${place.display} cannot ${verb} ${subject}`;
  const { end, status, stderr } = answer;
  if (end === "not found" || end === "not started") {
    return new ArkError("ARK_PROVIDER_FAILED", message, {
      ...story,
      advice: `the program ${JSON.stringify(place.program)} must be there: it is in Ceph's package ceph-common; rbdProgram of the location says where`,
    });
  }
  const isSilent = end !== undefined || doubtful.includes(status ?? -1);
  if (changes && isSilent && !notConnected.test(stderr)) {
    return new ArkError(
      "ARK_VOLUME_OUTCOME_UNKNOWN",
      `it is not known whether ${place.display} could ${verb} ${subject}`,
      { ...story, advice: unknownAdvice },
    );
  }
  if (isSilent && end !== undefined) {
    const advice =
      "check the cluster's health (`ceph status`): a full or broken one does not answer";
    return new ArkError("ARK_PROVIDER_UNREACHABLE", message, { ...story, advice });
  }
  const rule = errorRules.find(
    ({ statuses, says }) =>
      (statuses.length === 0 || statuses.includes(status ?? -1)) && (says?.test(stderr) ?? true),
  );
  const code = rule?.code ?? "ARK_PROVIDER_FAILED";
  const advice = rule === undefined ? {} : { advice: rule.advice(place) };
  return new ArkError(code, message, { ...story, ...advice });
}

const unknownAdvice =
  "what was made is looked up by its name before it is tried again; `ceph status` says how the cluster is";

/** What was begun could not be taken back. `failure`: why it was not finished. */
export function leftBehind(what: string, failure: ArkError, cause: ArkError): ArkError {
  return new ArkError(
    "ARK_VOLUME_OUTCOME_UNKNOWN",
    `${failure.message}, and what was begun of ${what} could not be removed: ${cause.message}`,
    { ...(failure.answer && { answer: failure.answer }), advice: unknownAdvice, cause },
  );
}

/** Its own words, without the lines that it logs, unless there are no others. */
function wordsOf({ stderr, status, end }: RbdAnswer, { timeoutMs }: Place): string {
  if (end === "too late") return `no answer within ${timeoutMs / 1_000} seconds`;
  if (end === "killed") return "rbd was killed";
  if (end !== undefined) return `the program was ${end}`;
  const lines = stderr.split(/[\r\n]+/).map((line) => line.trim());
  const own = lines.filter((line) => /^rbd: /.test(line)).map((line) => line.slice(5));
  const logged = lines
    .filter((line) => / -1 /.test(line))
    .map((line) => line.replace(/^.* -1 /, ""));
  const words = own.length > 0 ? own : logged.slice(-1);
  return words.length === 0 ? `exit status ${status}` : words.join("; ");
}
