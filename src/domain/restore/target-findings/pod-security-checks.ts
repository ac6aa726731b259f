import { arrayAt, objectAt, textAt, valueAt } from "../../../lib/json-edit.ts";
import type { JsonObject, JsonValue } from "../../../lib/json-text.ts";
import type { PodOf } from "./pod-spec.ts";

/** Capabilities that level baseline lets a container add. */
const baselineCapabilities: readonly string[] = [
  ...["AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD"],
  ...["NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"],
];
/** Volumes that level restricted lets a pod have. */
const restrictedVolumes: readonly string[] = [
  ...["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral"],
  ...["persistentVolumeClaim", "projected", "secret", "image"],
];
const profiles = ["RuntimeDefault", "Localhost"];

/**
 * Controls of the Pod Security Standards that a pod is certain to violate (contract: the standards
 * of Kubernetes 1.34). Those of Windows, SELinux, AppArmor, sysctls and /proc are not looked at.
 */
export function podSecurityViolations(
  { spec }: Pick<PodOf, "spec">,
  level: "baseline" | "restricted",
): readonly string[] {
  const containers = ["initContainers", "containers", "ephemeralContainers"].flatMap((list) =>
    arrayAt(spec, [list]),
  );
  const checks = level === "baseline" ? baseline : [...baseline, ...restricted];
  return checks.filter(([, violates]) => violates(spec, containers)).map(([name]) => name);
}

type Check = readonly [
  name: string,
  violates: (spec: JsonObject, containers: readonly JsonValue[]) => boolean,
];

const security = (container: JsonValue): JsonObject => objectAt(container, ["securityContext"]);
const added = (container: JsonValue): readonly JsonValue[] =>
  arrayAt(container, ["securityContext", "capabilities", "add"]);

const baseline: readonly Check[] = [
  [
    "host namespaces",
    (spec) => ["hostNetwork", "hostPID", "hostIPC"].some((key) => spec[key] === true),
  ],
  ["privileged", (_, all) => all.some((one) => security(one)["privileged"] === true)],
  [
    "capabilities",
    (_, all) =>
      all.some((one) => added(one).some((name) => !baselineCapabilities.includes(String(name)))),
  ],
  [
    "hostPath volumes",
    (spec) => arrayAt(spec, ["volumes"]).some((one) => valueAt(one, ["hostPath"]) !== undefined),
  ],
  [
    "host ports",
    (_, all) =>
      all.some((one) =>
        arrayAt(one, ["ports"]).some((port) => Number(valueAt(port, ["hostPort"])) > 0),
      ),
  ],
  [
    "seccomp profile Unconfined",
    (spec, all) =>
      [spec, ...all].some(
        (one) => textAt(one, ["securityContext", "seccompProfile", "type"]) === "Unconfined",
      ),
  ],
];

const restricted: readonly Check[] = [
  [
    "volume types",
    (spec) =>
      arrayAt(spec, ["volumes"]).some(
        (one) => !restrictedVolumes.some((type) => valueAt(one, [type]) !== undefined),
      ),
  ],
  [
    "allowPrivilegeEscalation != false",
    (_, all) => all.some((one) => security(one)["allowPrivilegeEscalation"] !== false),
  ],
  [
    "runAsNonRoot != true",
    (spec, all) =>
      all.some((one) => (security(one)["runAsNonRoot"] ?? security(spec)["runAsNonRoot"]) !== true),
  ],
  ["runAsUser = 0", (spec, all) => [spec, ...all].some((one) => security(one)["runAsUser"] === 0)],
  [
    "seccompProfile",
    (spec, all) => {
      const type = (one: JsonValue): string =>
        textAt(one, ["securityContext", "seccompProfile", "type"]);
      return all.some((one) => !profiles.includes(type(one) || type(spec)));
    },
  ],
  [
    "unrestricted capabilities",
    (_, all) =>
      all.some(
        (one) =>
          !arrayAt(one, ["securityContext", "capabilities", "drop"]).includes("ALL") ||
          added(one).some((name) => name !== "NET_BIND_SERVICE"),
      ),
  ],
];
