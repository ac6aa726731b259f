/** Where the resource policies of a run come from. */
export type PolicySource =
  | {
      readonly kind: "text";
      /** Whose they are, for sentences and for the Backup: `file p.yaml`. */
      readonly where: string;
      readonly text: string;
    }
  | { readonly kind: "configmap"; readonly namespace: string; readonly name: string };
