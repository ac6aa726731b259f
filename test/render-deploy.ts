/** deploy/crds, deploy/kustomize and deploy/helm, from the objects that `ark-ts install` writes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { dump } from "js-yaml";
import { toDefinition } from "../src/api/custom-resource-definition.ts";
import { veleroKinds } from "../src/api/velero-kinds.ts";
import type { Manifest } from "../src/install/manifests/manifest.ts";
import { serverManifests } from "../src/install/manifests/server-manifests.ts";
import {
  defaultResources,
  type ServerRequest,
  serverRequest,
} from "../src/install/manifests/server-request.ts";

const rendered = (from: string): string =>
  `# Rendered from ${from} by test/render-docs.ts; do not edit.\n`;
const source = rendered("src/install");

const { version } = JSON.parse(
  readFileSync(join(import.meta.dirname, "../package.json"), "utf8"),
) as { readonly version: string };

/** The image without a registry: users put their own in its place. */
const image = `ark-ts:${version}`;

const toYaml = (value: unknown): string => dump(value, { lineWidth: -1, noRefs: true });

const toDocuments = (manifests: readonly Manifest[]): string => manifests.map(toYaml).join("---\n");

/** Paths from the root of the repository, and what must stand there. */
export function deployFiles(): [string, string][] {
  return [...definitions("deploy/crds"), ...kustomization(), ...chart()];
}

function definitions(folder: string): [string, string][] {
  return veleroKinds.map((kind) => {
    const definition = toDefinition(kind);
    return [`${folder}/${definition.metadata.name}.yaml`, rendered("src/api") + toYaml(definition)];
  });
}

function kustomization(): [string, string][] {
  const head = { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization" };
  const server = toDocuments(serverManifests(serverRequest({ image, version })));
  const resources = ["crds.yaml", "server.yaml"];
  const kinds = veleroKinds.map((kind) => toYaml(toDefinition(kind))).join("---\n");
  return [
    ["deploy/kustomize/kustomization.yaml", `${source}${toYaml({ ...head, resources })}`],
    // Kustomize reads nothing outside its folder.
    ["deploy/kustomize/crds.yaml", rendered("src/api") + kinds],
    ["deploy/kustomize/server.yaml", `${source}${server}`],
  ];
}

/** Values that occur nowhere else, and what a chart has in their place. */
const replicas = 987_654;
const placeholders: readonly (readonly [string, string])[] = [
  [
    "CHART-IMAGE",
    '{{ required "image: the server\'s image, as the nodes pull it" .Values.image | quote }}',
  ],
  [String(replicas), "{{ .Values.replicas }}"],
  ["'0.0.0-CHART'", "{{ .Chart.AppVersion | quote }}"],
  ["0.0.0-CHART", "{{ .Chart.AppVersion | quote }}"],
  // As `clusterName` has it.
  [
    "ark-ts-chart-namespace",
    '{{ if eq .Release.Namespace "ark-ts" }}ark-ts{{ else }}ark-ts-{{ .Release.Namespace }}{{ end }}',
  ],
  ["chart-namespace", "{{ .Release.Namespace }}"],
];

function chart(): [string, string][] {
  const request: ServerRequest = serverRequest({
    image: "CHART-IMAGE",
    version: "0.0.0-CHART",
    namespace: "chart-namespace",
    replicas,
    serverArgs: ["CHART-ARGS"],
    resources: { cpuRequest: "C", memoryRequest: "C", cpuLimit: "C", memoryLimit: "C" },
    serviceAccountAnnotations: { chart: "annotations" },
  });
  // A chart is installed into a namespace that is there: helm install --create-namespace.
  const manifests = serverManifests(request).filter(({ kind }) => kind !== "Namespace");
  const template = placeholders.reduce(
    (text, [value, expression]) => text.replaceAll(value, expression),
    withLists(toDocuments(manifests)),
  );
  const folder = "deploy/helm/ark-ts";
  return [
    [`${folder}/Chart.yaml`, `${source}${toYaml(chartFile)}`],
    [`${folder}/values.yaml`, `${source}${valuesFile}`],
    [`${folder}/templates/server.yaml`, `${source}${template}`],
    ...definitions(`${folder}/crds`),
  ];
}

/** What a value fills with several lines. */
function withLists(text: string): string {
  return text
    .replace(
      /^( *)annotations:\n *chart: annotations\n/m,
      "$1{{- with .Values.serviceAccountAnnotations }}\n$1annotations:\n$1  {{- toYaml . | nindent 4 }}\n$1{{- end }}\n",
    )
    .replace(
      /^( *)- CHART-ARGS\n/m,
      "$1{{- range .Values.serverArgs }}\n$1- {{ . | quote }}\n$1{{- end }}\n",
    )
    .replace(
      /^( *)resources:\n(?: +(?:requests|limits):\n(?: +(?:cpu|memory): C\n)+)+/m,
      "$1resources:\n$1  {{- toYaml .Values.resources | nindent 12 }}\n",
    );
}

const chartFile = {
  apiVersion: "v2",
  name: "ark-ts",
  description: "Disaster recovery for Kubernetes, compatible with Velero",
  type: "application",
  version,
  appVersion: version,
};

const valuesFile = `# The server's image, as the nodes pull it; npm run image makes it. Must be given.
image: ""
# One leads, the others stand by.
replicas: 2
# Flags of ark-ts server, such as --default-backup-ttl=168h.
serverArgs: []
# Such as the role that a cloud gives the account.
serviceAccountAnnotations: {}
resources:
  requests:
    cpu: ${defaultResources.cpuRequest}
    memory: ${defaultResources.memoryRequest}
  limits:
    cpu: ${defaultResources.cpuLimit}
    memory: ${defaultResources.memoryLimit}
`;
