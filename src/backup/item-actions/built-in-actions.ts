import type { ItemAction } from "../../ports/item-action.ts";
import { claimAction } from "./claim-action.ts";
import { podAction } from "./pod-action.ts";
import { serviceAccountAction } from "./service-account-action.ts";

/** In the order in which they are executed. */
export const builtInActions: readonly ItemAction[] = [podAction, claimAction, serviceAccountAction];
