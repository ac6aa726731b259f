/** Flags that no plan answers: where it lies, which cluster is meant, and how things are told. */
export const besideAnyPlan: readonly string[] = [
  ...["plan", "storage-location", "output", "dry-run", "wait", "kubeconfig", "context", "as"],
  ...["as-group", "mode", "namespace", "config-dir", "no-color", "debug"],
];
