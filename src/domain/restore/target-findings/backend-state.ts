import type { TargetFacts, WebhookBackend } from "./facts.ts";

export type BackendState =
  | { readonly state: "up" | "unknown" }
  | { readonly state: "down"; readonly problem: string; readonly comes: boolean };

/** Whether anything answers behind a webhook. `comes`: this restore brings its Service. */
export function backendState({ service }: WebhookBackend, facts: TargetFacts): BackendState {
  if (service === undefined || facts.services === undefined) return { state: "unknown" };
  const found = facts.services.get(service);
  if (found?.ready === true) return { state: "up" };
  const [namespace = "", name = ""] = service.split("/");
  const comes = facts.restores("services", namespace, name);
  const problem =
    found === undefined
      ? `its Service ${service} does not exist here`
      : `its Service ${service} has no ready endpoint`;
  return { state: "down", problem, comes: comes || found !== undefined };
}
