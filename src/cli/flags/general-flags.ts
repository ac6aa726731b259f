import type { FlagSpec } from "../flag-spec.ts";

const heading = "General flags:";

/** On every command. */
export const generalFlags: readonly FlagSpec[] = [
  {
    name: "config-dir",
    aliases: ["config"],
    kind: "text",
    placeholder: "DIR",
    help: "folder of the configuration file (default: ark-ts in the user's config directory)",
    heading,
  },
  {
    name: "no-color",
    kind: "boolean",
    help: "no colour; NO_COLOR in the environment does the same",
    heading,
  },
  { name: "debug", kind: "boolean", help: "show stacks, and the log of what is done", heading },
];

/** On commands that print a resource or a list. */
export const outputFlag: FlagSpec = {
  name: "output",
  short: "o",
  kind: "choice",
  choices: ["table", "json", "yaml", "name"],
  help: "how to print the result; a single item is printed alone",
};

/** On commands that print a plan or save it. */
export const planOutputFlag: FlagSpec = {
  name: "output",
  short: "o",
  kind: "text",
  placeholder: "table|json|yaml|FILE",
  help: "how to print the plan; or a file to save it in: a path with a slash, or a name that ends in .json or .yaml",
};

const cluster = "Cluster flags:";

/** On commands that speak to a cluster, or may have to leave the work to a server in it. */
export const clusterFlags: readonly FlagSpec[] = [
  {
    name: "kubeconfig",
    kind: "text",
    placeholder: "FILE",
    help: "kubeconfig file (default: KUBECONFIG, then ~/.kube/config, then the pod's own)",
    heading: cluster,
  },
  {
    name: "context",
    aliases: ["kubecontext"],
    kind: "text",
    placeholder: "NAME",
    help: "context of the kubeconfig",
    heading: cluster,
  },
  {
    name: "as",
    kind: "text",
    placeholder: "USER",
    help: "act as this user (impersonation)",
    heading: cluster,
  },
  {
    name: "as-group",
    kind: "list",
    placeholder: "GROUP",
    help: "act as a member of this group; needs --as",
    heading: cluster,
  },
  {
    name: "mode",
    kind: "choice",
    choices: ["standalone", "server"],
    help: "who does the work: this command, or a server in the cluster (default: looked up)",
    heading: cluster,
  },
  {
    name: "namespace",
    short: "n",
    kind: "text",
    placeholder: "NAME",
    help: "namespace of the ark-ts server; no effect in standalone mode, and refused there",
    heading: cluster,
  },
];

/** On commands that read or write backups. */
export const locationFlag: FlagSpec = {
  name: "storage-location",
  aliases: ["store"],
  kind: "text",
  placeholder: "NAME|URL",
  names: "locations",
  help: "backup location: a name, file:///path or s3://bucket/prefix (default: the default location)",
};
