import { hasCode } from "../../lib/errors.ts";
import { type ExitStatus, exitStatus } from "../exit-codes.ts";
import { printResource } from "../render/resource-output.ts";
import { renderTable } from "../render/table.ts";
import type { Session } from "../session.ts";
import type { ServerAccess } from "./server-access.ts";
import { askServer } from "./server-status.ts";

/**
 * Lists the plugins that the server has, by kind and name, as Velero's command. An image that does
 * not bring its own is told of, and the exit status.
 */
export async function getPlugins(session: Session, server: ServerAccess): Promise<ExitStatus> {
  try {
    await listPlugins(session, server);
  } catch (thrown) {
    // No server answers where none of its pods gets its plugins.
    await tellOfImages(session, server).catch(() => undefined);
    throw thrown;
  }
  return (await tellOfImages(session, server)) ? exitStatus.done : exitStatus.failed;
}

async function listPlugins(session: Session, server: ServerAccess): Promise<void> {
  const { environment, flags } = session.invocation;
  const { plugins = [] } = await askServer(session, server);
  const sorted = [...plugins].sort((a, b) =>
    `${a.kind} ${a.name}` < `${b.kind} ${b.name}` ? -1 : 1,
  );
  await printResource(environment, flags.text("output"), {
    value: { plugins: sorted },
    table: () =>
      renderTable(
        [
          { title: "NAME", cell: ({ name }) => name },
          { title: "KIND", cell: ({ kind }) => kind },
        ],
        sorted,
      ),
    names: sorted.map(({ name }) => name),
  });
}

/** Tells which images bring plugins; true unless one of them does not come into the server. */
async function tellOfImages(
  session: Session,
  { cluster, namespace }: ServerAccess,
): Promise<boolean> {
  const { readRollout } = await import("../../install/server-rollout.ts");
  const rollout = await readRollout(cluster, namespace, session.signal).catch((thrown) => {
    // Who may ask the server need not be allowed to look at its pods.
    if (!hasCode(thrown, "ARK_API_FORBIDDEN")) throw thrown;
    session.note(
      `whether the server's pods have all their plugins is not known: ${thrown.message}`,
    );
    return undefined;
  });
  if (rollout === undefined) return true;
  const { plugins, stuck, waiting } = rollout;
  const images = plugins.map(({ name, image }) => `${name} (${image})`).join(", ");
  if (images !== "") session.note(`images that bring plugins: ${images}`);
  if (rollout.isDone) return true;
  for (const { name, image, pod, why } of stuck) {
    session.note(
      `plugin ${name} of image ${image} is not in the server: its init container in pod ${pod} ${why}; pods that were there before go on without it. Once the image is right it comes by itself; ark-ts plugin add takes another tag, ark-ts plugin remove ${name} takes it out`,
    );
  }
  if (stuck.length === 0) session.note(`the server's pods are being started anew: ${waiting}`);
  return stuck.length === 0;
}
