import { readFile } from "node:fs/promises";
import {
  ArkError,
  type VolumeSnapshotterContext,
} from "../../src/plugin-sdk/volume-snapshotter.ts";
import { type Attempt, isGone, isHeld, isThere, type Place, toProviderError } from "./errors.ts";
import { type Image, poolSpecOf, specOf } from "./names.ts";
import type { CephOptions } from "./options.ts";
import { type RbdAnswer, runRbd } from "./rbd-program.ts";

/** The commands of `rbd` that are used. Errors of all: ARK_PROVIDER_*, ARK_VOLUME_OUTCOME_UNKNOWN. */
export interface Rbd {
  /** undefined: there is no such image. */
  info(image: Image, signal: AbortSignal): Promise<ImageInfo | undefined>;
  /** Names; undefined: there is no such image. */
  snapshots(image: Image, signal: AbortSignal): Promise<readonly string[] | undefined>;
  /** Images that have a snapshot of that name. All images of the pool are opened for it. */
  imagesWith(snapshot: string, pool: string, signal: AbortSignal): Promise<readonly Image[]>;
  /** False: there is one of that name. */
  cut(image: Image, snapshot: string, signal: AbortSignal): Promise<boolean>;
  /** One that is gone counts as removed; one with clones lives on for them, without its name. */
  dropSnapshot(image: Image, snapshot: string, signal: AbortSignal): Promise<void>;
  /** `dataPool`: where the image keeps its data, if not in its own pool. */
  clone(
    from: { readonly image: Image; readonly snapshot: string },
    to: Image,
    dataPool: string | undefined,
    signal: AbortSignal,
  ): Promise<void>;
  flatten(image: Image, signal: AbortSignal): Promise<void>;
  /** Notes that stand with the image; undefined: there is no such image. */
  notes(image: Image, signal: AbortSignal): Promise<Readonly<Record<string, string>> | undefined>;
  note(image: Image, key: string, value: string, signal: AbortSignal): Promise<void>;
  /** False: clones hang on it. One that is gone counts as removed. */
  remove(image: Image, signal: AbortSignal): Promise<boolean>;
  moveToTrash(image: Image, signal: AbortSignal): Promise<void>;
  trash(pool: string, signal: AbortSignal): Promise<readonly TrashEntry[]>;
  /** False: clones hang on it still. */
  removeFromTrash(pool: string, id: string, signal: AbortSignal): Promise<boolean>;
}

export interface ImageInfo {
  readonly features: readonly string[];
  readonly dataPool?: string;
  /** Of which snapshot it is a clone. */
  readonly parent?: { readonly image: Image; readonly snapshot: string };
}

export interface TrashEntry {
  readonly id: string;
  readonly name: string;
}

/** As Ceph's answers have it; what is not used is left out. */
interface InfoAnswer {
  readonly features?: readonly string[];
  readonly data_pool?: string;
  readonly parent?: {
    readonly pool: string;
    readonly pool_namespace?: string;
    readonly image: string;
    readonly snapshot: string;
  };
}

/** How long monitors may be silent. */
const connectSeconds = 30;

/** So much later than here `rbd` gives up by itself: where this process was killed nobody ends it. */
const lastSeconds = 10;

export function createRbd(
  options: CephOptions,
  display: string,
  context: VolumeSnapshotterContext,
): Rbd {
  const { radosNamespace } = options;
  const env = chooseEnv(context.env);
  const call = async (
    args: readonly string[],
    attempt: Attempt,
    signal: AbortSignal,
    accepts: (answer: RbdAnswer) => boolean = () => false,
  ): Promise<RbdAnswer> => {
    signal.throwIfAborted();
    const identity = await readIdentity(options, display);
    const { program, pools, commandTimeoutMs, flattenTimeoutMs } = options;
    const timeoutMs = attempt.command === "flatten" ? flattenTimeoutMs : commandTimeoutMs;
    const all = [...commonArgs(options, identity), ...attempt.command.split(" "), ...args];
    const answer = await runRbd(
      { program, args: all, env, timeoutMs, clock: context.clock },
      signal,
    );
    if (answer.status === 0 || accepts(answer)) return answer;
    throw toProviderError(answer, attempt, { display, program, pools, timeoutMs, ...identity });
  };
  const looks = { verb: "look at", changes: false };
  const quiet = "--no-progress";
  return {
    async info(image, signal) {
      const attempt = { ...looks, command: "info", subject: quote(image) };
      const answer = await call([...json, specOf(image)], attempt, signal, isGone);
      return isGone(answer) ? undefined : infoOf(readJson<InfoAnswer>(answer, display, {}));
    },
    async snapshots(image, signal) {
      const attempt = { ...looks, command: "snap ls", subject: quote(image) };
      const answer = await call([...json, specOf(image)], attempt, signal, isGone);
      if (isGone(answer)) return undefined;
      return readJson<readonly TrashEntry[]>(answer, display, []).map(({ name }) => name);
    },
    async imagesWith(snapshot, pool, signal) {
      const attempt = { ...looks, command: "ls", subject: `pool ${JSON.stringify(pool)}` };
      const args = ["--long", ...json, poolSpecOf(pool, radosNamespace)];
      type Listed = readonly { readonly image: string; readonly snapshot?: string }[];
      const listed = readJson<Listed>(await call(args, attempt, signal), display, []);
      const found = listed.filter((one) => one.snapshot === snapshot);
      return found.map(({ image }) => ({ pool, namespace: radosNamespace, name: image }));
    },
    async cut(image, snapshot, signal) {
      const attempt = changing("snap create", "make a snapshot of", quote(image));
      const args = [quiet, `${specOf(image)}@${snapshot}`];
      return !isThere(await call(args, attempt, signal, isThere));
    },
    async dropSnapshot(image, snapshot, signal) {
      const attempt = changing("snap rm", "remove a snapshot of", quote(image));
      await call([quiet, `${specOf(image)}@${snapshot}`], attempt, signal, isGone);
    },
    async clone({ image, snapshot }, to, dataPool, signal) {
      const attempt = changing("clone", "make a clone of", quote(image));
      // Its parent need not be protected, and may go to the trash before it.
      const args = ["--rbd-default-clone-format", "2"];
      const data = dataPool === undefined ? [] : ["--data-pool", dataPool];
      await call([...args, ...data, `${specOf(image)}@${snapshot}`, specOf(to)], attempt, signal);
    },
    async flatten(image, signal) {
      const attempt = changing("flatten", "copy all data into", quote(image));
      await call([quiet, specOf(image)], attempt, signal);
    },
    async notes(image, signal) {
      const attempt = { ...looks, command: "image-meta list", subject: quote(image) };
      const answer = await call([...json, specOf(image)], attempt, signal, isGone);
      return isGone(answer) ? undefined : readJson(answer, display, {});
    },
    async note(image, key, value, signal) {
      const attempt = changing("image-meta set", "write a note to", quote(image));
      await call([specOf(image), key, value], attempt, signal);
    },
    async remove(image, signal) {
      const attempt = changing("rm", "remove", quote(image));
      const accepts = (answer: RbdAnswer): boolean => isGone(answer) || isHeld(answer);
      return !isHeld(await call([quiet, specOf(image)], attempt, signal, accepts));
    },
    async moveToTrash(image, signal) {
      const attempt = changing("trash mv", "move to the trash", quote(image));
      await call([specOf(image)], attempt, signal, isGone);
    },
    async trash(pool, signal) {
      const attempt = { ...looks, command: "trash ls", subject: `pool ${JSON.stringify(pool)}` };
      return readJson(
        await call([...json, poolSpecOf(pool, radosNamespace)], attempt, signal),
        display,
        [],
      );
    },
    async removeFromTrash(pool, id, signal) {
      const subject = `image ${JSON.stringify(id)} in the trash of ${pool}`;
      const accepts = (answer: RbdAnswer): boolean => isGone(answer) || isHeld(answer);
      const args = [quiet, `${poolSpecOf(pool, radosNamespace)}/${id}`];
      return !isHeld(await call(args, changing("trash rm", "remove", subject), signal, accepts));
    },
  };
}

const json: readonly string[] = ["--format", "json"];

const quote = (image: Image): string => `image ${JSON.stringify(specOf(image))}`;

const changing = (command: string, verb: string, subject: string): Attempt => ({
  ...{ command, verb, subject },
  changes: true,
});

function infoOf({ features = [], data_pool, parent }: InfoAnswer): ImageInfo {
  const from = parent && {
    image: { pool: parent.pool, namespace: parent.pool_namespace ?? "", name: parent.image },
    snapshot: parent.snapshot,
  };
  return {
    features,
    ...(data_pool === undefined ? {} : { dataPool: data_pool }),
    ...(from === undefined ? {} : { parent: from }),
  };
}

/** Where there is nothing, some versions print nothing. */
function readJson<Value>({ stdout }: RbdAnswer, display: string, whenEmpty: Value): Value {
  if (stdout.trim() === "") return whenEmpty;
  try {
    return JSON.parse(stdout) as Value;
  } catch (cause) {
    throw new ArkError("ARK_PROVIDER_FAILED", `${display} cannot read what rbd answered`, {
      advice: "rbdProgram must be Ceph's own program, of version 14 or later",
      answer: stdout.slice(0, 200),
      cause,
    });
  }
}

interface Identity extends Pick<Place, "user"> {
  readonly args: readonly string[];
}

/** The file may be replaced under a running server. */
async function readIdentity(options: CephOptions, display: string): Promise<Identity> {
  const { credentialsFile: file, user } = options;
  if (file === undefined) return { user: user ?? "admin", args: [] };
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new ArkError("ARK_PROVIDER_DENIED", `${display} cannot read its credentials`, {
      answer: (cause as Error).message,
      advice: "credentialsFile must be a keyring of Ceph, or a file with a key alone",
      cause,
    });
  });
  const names = [...text.matchAll(/^\s*\[client\.([^\]]+)\]/gm)].map(([, name = ""]) => name);
  const only = names.length === 1 ? names[0] : undefined;
  const kind = /^\s*\[/m.test(text) ? "--keyring" : "--keyfile";
  return { user: user ?? only ?? "admin", args: [kind, file] };
}

function commonArgs(
  { monitors, configFile, commandTimeoutMs }: CephOptions,
  { user, args }: Identity,
) {
  const seconds = String(Math.ceil(commandTimeoutMs / 1_000) + lastSeconds);
  return [
    ...["--conf", configFile ?? "/dev/null", "--id", user, ...args],
    ...(monitors === undefined ? [] : ["-m", monitors]),
    ...["--client-mount-timeout", String(connectSeconds)],
    ...["--rados-mon-op-timeout", seconds, "--rados-osd-op-timeout", seconds],
  ];
}

/** No more than the program needs: the process may have secrets of others in its environment. */
function chooseEnv(env: VolumeSnapshotterContext["env"]): Readonly<Record<string, string>> {
  const names = ["PATH", "HOME", "LD_LIBRARY_PATH", "TMPDIR", "CEPH_ARGS"];
  return Object.fromEntries(
    names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
  ) as Readonly<Record<string, string>>;
}
