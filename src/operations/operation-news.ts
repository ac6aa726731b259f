import type { ItemOperation } from "../api/item-operation.ts";
import { formatReference } from "../domain/references/item-reference.ts";
import type { ActionOutcome, ActionPlace } from "../format/operation-record.ts";
import type { OperationJournal } from "./operation-journal.ts";

/** What became known of operations and is not durable yet. */
export interface OperationNews {
  intend(place: ActionPlace): void;
  conclude(outcome: ActionOutcome): void;
  update(operation: ItemOperation): void;
  /** Writes all of it as one record, after what is being written. Errors: those of the store. */
  flush(signal: AbortSignal): Promise<void>;
}

export function createOperationNews(journal: Pick<OperationJournal, "write">): OperationNews {
  let news = nothingNew();
  let written: Promise<void> = Promise.resolve();
  const write = async (signal: AbortSignal): Promise<void> => {
    if (isNothing(news)) return;
    const told = news;
    news = nothingNew();
    try {
      await journal.write({ ...told, operations: [...told.operations.values()] }, signal);
    } catch (thrown) {
      news = {
        intents: [...told.intents, ...news.intents],
        outcomes: [...told.outcomes, ...news.outcomes],
        operations: new Map([...told.operations, ...news.operations]),
      };
      throw thrown;
    }
  };
  return {
    intend: (place) => void news.intents.push(place),
    conclude: (outcome) => void news.outcomes.push(outcome),
    update: (operation) => void news.operations.set(operationKey(operation), operation),
    async flush(signal) {
      const writing = written.then(() => write(signal));
      written = writing.catch(() => undefined);
      await writing;
    },
  };
}

interface News {
  readonly intents: ActionPlace[];
  readonly outcomes: ActionOutcome[];
  readonly operations: Map<string, ItemOperation>;
}

const nothingNew = (): News => ({ intents: [], outcomes: [], operations: new Map() });

function isNothing({ intents, outcomes, operations }: News): boolean {
  return intents.length === 0 && outcomes.length === 0 && operations.size === 0;
}

export const operationKey = ({ action, item, operationId }: ItemOperation): string =>
  JSON.stringify([action, formatReference(item), operationId]);
