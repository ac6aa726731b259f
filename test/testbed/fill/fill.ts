/** `npm run testbed -- fill`: objects for a cluster to be backed up. */
import { parseArgs } from "node:util";
import { connectKube } from "../../support/kube-client.ts";
import { fillBulk } from "./bulk.ts";
import { fillMixed } from "./mixed.ts";

export const fillUsage =
  "fill --kubeconfig FILE [--mixed] [--objects N] [--size BYTES] [--namespaces M] [--kind configmaps|secrets] [--prefix NAME]";

export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      kubeconfig: { type: "string" },
      mixed: { type: "boolean", default: false },
      objects: { type: "string", default: "0" },
      size: { type: "string", default: "2048" },
      namespaces: { type: "string", default: "1" },
      kind: { type: "string", default: "configmaps" },
      prefix: { type: "string", default: "fill" },
    },
  });
  const kubeconfig = values.kubeconfig ?? process.env["KUBECONFIG"];
  if (kubeconfig === undefined)
    throw new Error(`name a cluster with --kubeconfig or KUBECONFIG: ${fillUsage}`);
  if (values.kind !== "configmaps" && values.kind !== "secrets") throw new Error(fillUsage);
  const client = connectKube(kubeconfig);
  try {
    if (values.mixed) {
      const { namespace } = await fillMixed(client, values.prefix);
      process.stdout.write(`filled ${namespace} with one object of every kind\n`);
    }
    const objects = positive("objects", values.objects);
    if (objects > 0) {
      const options = {
        objects,
        sizeBytes: positive("size", values.size),
        namespaces: Math.max(1, positive("namespaces", values.namespaces)),
        kind: values.kind as "configmaps" | "secrets",
        prefix: `${values.prefix}-bulk`,
        onProgress: (done: number) => process.stderr.write(`created ${done} of ${objects}\n`),
      };
      await fillBulk(client, options);
      process.stdout.write(
        `created ${objects} ${values.kind} in ${options.namespaces} namespaces\n`,
      );
    }
    if (!values.mixed && objects === 0) throw new Error(`nothing to do: ${fillUsage}`);
  } finally {
    await client.close();
  }
}

function positive(flag: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new Error(`--${flag} ${text}: not a count`);
  return number;
}
