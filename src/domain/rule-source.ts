/** Where rules of a run come from that stand outside its spec: policies, modifiers, priorities. */
export type RuleSource =
  | {
      readonly kind: "text";
      /** Whose they are, for sentences and for the resource: `file p.yaml`. */
      readonly where: string;
      readonly text: string;
    }
  | { readonly kind: "configmap"; readonly namespace: string; readonly name: string };
