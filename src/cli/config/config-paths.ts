import { isAbsolute, join, resolve } from "node:path";
import type { CliEnvironment } from "../environment.ts";

type Surroundings = Pick<CliEnvironment, "env" | "home" | "cwd">;

/** An XDG variable counts only when it is an absolute path, as its specification says. */
function xdg(surroundings: Surroundings, variable: string, fallback: string): string {
  const value = surroundings.env[variable];
  return value !== undefined && isAbsolute(value) ? value : join(surroundings.home, fallback);
}

/** Folder of config.json: `--config-dir`, else ark-ts in the user's config directory. */
export function configDir(surroundings: Surroundings, asked: string | undefined): string {
  if (asked !== undefined) return resolve(surroundings.cwd, asked);
  return join(xdg(surroundings, "XDG_CONFIG_HOME", ".config"), "ark-ts");
}

/** Folder of the default location. */
export function dataDir(surroundings: Surroundings): string {
  return join(xdg(surroundings, "XDG_DATA_HOME", join(".local", "share")), "ark-ts");
}

/** A path as a person writes it: `~` for the home folder. */
export function shortPath(surroundings: Pick<CliEnvironment, "home">, path: string): string {
  const home = surroundings.home.replace(/\/+$/, "");
  if (path === home) return "~";
  return home !== "" && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}
