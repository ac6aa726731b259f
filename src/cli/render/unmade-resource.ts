import type { ResourceOutput } from "./resource-output.ts";

/** What a run would leave, as far as it is known before: `--dry-run=client` prints it. */
export function unmadeResource(
  kind: "Backup" | "Restore" | "Schedule",
  request: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly spec: object;
  },
): ResourceOutput {
  const { name, namespace, labels = {}, annotations = {}, spec } = request;
  const noun = kind.toLowerCase();
  return {
    value: {
      apiVersion: "velero.io/v1",
      kind,
      metadata: {
        name,
        namespace,
        ...(Object.keys(labels).length > 0 && { labels }),
        ...(Object.keys(annotations).length > 0 && { annotations }),
      },
      spec,
    },
    table: () => `${noun} ${name}: not made (--dry-run=client); -o yaml shows it\n`,
    names: [`${noun}/${name}`],
  };
}
