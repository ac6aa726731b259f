import type { Invocation } from "../../command-spec.ts";
import { changeConfig } from "../../config/config-file.ts";
import { type ExitStatus, exitStatus } from "../../exit-codes.ts";
import { withSession } from "../../session.ts";
import { usageError } from "../../usage-error.ts";
import { checkedKey } from "./config-keys.ts";

/** Keeps settings of the client; `KEY=` forgets one. */
export async function run(invocation: Invocation): Promise<ExitStatus> {
  return await withSession(invocation, async (session) => {
    const pairs = invocation.args.map((text) => {
      const at = text.indexOf("=");
      if (at < 1)
        throw usageError(`"${text}" is no setting`, "write KEY=VALUE, or KEY= to forget it");
      return { key: checkedKey(text.slice(0, at)), value: text.slice(at + 1) };
    });
    for (const { key, value } of pairs) {
      if (value !== "" && !/^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/.test(value)) {
        throw usageError(`${key}=${value}: no namespace can have this name`);
      }
      await changeConfig(session.configDir, ({ serverNamespace: _before, ...rest }) =>
        value === "" ? rest : { ...rest, serverNamespace: value },
      );
      const said = value === "" ? `${key} is forgotten` : `${key} is kept as ${value}`;
      invocation.environment.stdout.write(`${said}\n`);
    }
    return exitStatus.done;
  });
}
