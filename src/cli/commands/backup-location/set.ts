import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { isResourceName } from "../../../format/keys.ts";
import { ArkError } from "../../../lib/errors.ts";
import type { Invocation } from "../../command-spec.ts";
import type { StoredLocation } from "../../config/cli-config.ts";
import { changeConfig } from "../../config/config-file.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { changeLocation } from "../../location-of-flags.ts";
import { defaultLocation, specOfUrl, toNamedLocation } from "../../locations.ts";
import { locationResource } from "../../render/location-resource.ts";
import { printResource } from "../../render/resource-output.ts";
import { inEitherMode } from "../../server-mode/server-access.ts";
import type { Session } from "../../session.ts";
import { enterStandalone } from "../../standalone.ts";

/** Names a location, or changes what is kept under the name; checks it without a request. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await inEitherMode(invocation, "read-store", {
    standalone: setHere,
    server: async (session, server) =>
      await (await import("../../server-mode/location/locations.ts")).setLocation(session, server),
  });
}

async function setHere(session: Session): Promise<ExitStatus> {
  await enterStandalone(session, "read-store");
  const { args, flags, environment } = session.invocation;
  const [name = "", url] = args;
  checkLocationName(name);
  const caFile = await readableFile(environment.cwd, flags.text("cacert"));
  const location = changeLocation(flags, {
    name,
    cwd: environment.cwd,
    caFile,
    earlier: session.config.locations[name],
    fromUrl: url === undefined ? undefined : await specOfUrl(url, environment),
  });
  await checkByPlugin(location);
  const changed = await changeConfig(session.configDir, (config) => {
    const next = { ...config, locations: { ...config.locations, [name]: location } };
    if (flags.boolean("default") === true) return { ...next, defaultLocation: name };
    if (flags.boolean("default") !== false || config.defaultLocation !== name) return next;
    const { defaultLocation: _forgotten, ...rest } = next;
    return rest;
  });
  const named = toNamedLocation(name, location, environment);
  const isDefault = defaultLocation(changed, environment).name === name;
  await printResource(environment, flags.text("output"), {
    value: locationResource(named, isDefault),
    table: () =>
      `backup location ${name} is ${named.display}${isDefault ? ", the default" : ""}\n` +
      `to try it: ark-ts backup-location test ${name}\n`,
    names: [`backup-location/${name}`],
  });
  return exitStatus.done;
}

function checkLocationName(name: string): void {
  if (isResourceName(name)) return;
  throw new ArkError("ARK_NAME_INVALID", `location name ${JSON.stringify(name)} is not allowed`, {
    advice: 'use lower-case letters, digits, "-" and "."; begin and end with a letter or digit',
  });
}

/** The absolute path of `--cacert`, when its file can be read. */
async function readableFile(cwd: string, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const absolute = resolve(cwd, path);
  try {
    await readFile(absolute);
    return absolute;
  } catch (error) {
    throw new ArkError("ARK_USAGE", `--cacert: the file "${path}" cannot be read`, {
      answer: (error as Error).message,
      cause: error,
    });
  }
}

async function checkByPlugin(location: StoredLocation): Promise<void> {
  const { checkLocation, hasProvider } = await import("../../../../plugins/registry.ts");
  // Only its plugin knows the keys of another provider; it is asked when the location is used.
  if (location.provider.includes("/") && !hasProvider(location.provider)) return;
  checkLocation(location);
}
