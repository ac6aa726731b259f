/** What a target namespace turned out to be. */
export type NamespaceOutcome = "made" | "there" | "blocked";
