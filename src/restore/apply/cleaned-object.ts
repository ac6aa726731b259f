import type { RuleContext } from "../../domain/restore/rule.ts";
import type { IndexLine } from "../../format/index-line.ts";
import type { JsonObject } from "../../lib/json-text.ts";
import type { TargetName } from "../report/tally.ts";

/** An object of the backup as the rules leave it: item actions come next. */
export interface CleanedObject {
  readonly line: IndexLine;
  readonly target: TargetName;
  readonly backedUp: JsonObject;
  readonly context: RuleContext;
  readonly cleaned: JsonObject;
}
