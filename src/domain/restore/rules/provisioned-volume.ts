import { textAt } from "../../../lib/json-edit.ts";
import type { LeaveOutRule } from "../rule.ts";

export const provisionedVolume: LeaveOutRule = {
  name: "provisioned-volume",
  resources: ["persistentvolumes"],
  applies: (volume, context) =>
    context.volumes.get(textAt(volume, ["metadata", "name"]))?.fate === "provision"
      ? "its claim gets a new volume"
      : undefined,
};
