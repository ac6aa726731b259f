import { readFile } from "node:fs/promises";
import { delimiter, dirname, join, resolve } from "node:path";
import { ArkError } from "../../../lib/errors.ts";

export interface KubeconfigWhere {
  /** Value of `--kubeconfig`. */
  readonly kubeconfig?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
}

export interface KubeconfigChoice {
  /** In order of precedence. */
  readonly paths: readonly string[];
  /** Who named them; decides whether a missing file is an error. */
  readonly origin: "flag" | "environment" | "home";
}

export interface KubeconfigFile {
  readonly path: string;
  /** Relative paths in the file start here. */
  readonly folder: string;
  readonly text: string;
}

/** Where kubectl would look: the flag, else `KUBECONFIG`, else `~/.kube/config`. */
export function chooseKubeconfigFiles(where: KubeconfigWhere): KubeconfigChoice {
  if (where.kubeconfig) return { paths: [resolve(where.kubeconfig)], origin: "flag" };
  const listed = (where.env["KUBECONFIG"] ?? "").split(delimiter).filter((path) => path !== "");
  if (listed.length > 0) {
    const paths = [...new Set(listed.map((path) => resolve(path)))];
    return { paths, origin: "environment" };
  }
  return { paths: [join(where.homeDirectory, ".kube", "config")], origin: "home" };
}

/**
 * Reads the files that are there. A missing file is an error when the flag named it, and when
 * `KUBECONFIG` names nothing but missing files; an empty answer means "no kubeconfig at all".
 */
export async function readKubeconfigFiles(
  choice: KubeconfigChoice,
): Promise<readonly KubeconfigFile[]> {
  const files: KubeconfigFile[] = [];
  for (const path of choice.paths) {
    const text = await readIfPresent(path, choice.origin);
    if (text !== undefined) files.push({ path, folder: dirname(path), text });
  }
  if (files.length === 0 && choice.origin === "environment") {
    throw new ArkError("ARK_KUBECONFIG_INVALID", "none of the files in KUBECONFIG exists", {
      tried: `read ${choice.paths.map((path) => `"${path}"`).join(", ")}`,
      advice: "correct KUBECONFIG, or unset it to use ~/.kube/config",
    });
  }
  return files;
}

async function readIfPresent(
  path: string,
  origin: KubeconfigChoice["origin"],
): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if ((code === "ENOENT" || code === "ENOTDIR") && origin !== "flag") return undefined;
    throw new ArkError("ARK_KUBECONFIG_INVALID", `cannot read the kubeconfig "${path}"`, {
      tried: `read "${path}"`,
      answer: readFailureReason(error),
      advice: readAdvice[code ?? ""] ?? "make the file readable, or name another with --kubeconfig",
      cause: error,
    });
  }
}

const readAdvice: Readonly<Record<string, string>> = {
  ENOENT: "check the path given to --kubeconfig",
  EISDIR: "name the file, not its folder",
};

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  ENOTDIR: "a part of the path is not a folder",
  EACCES: "permission denied",
  EISDIR: "it is a folder",
};

/** Why a file could not be read, in words. */
export function readFailureReason(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  return reasons[code] ?? (error instanceof Error ? error.message : String(error));
}
