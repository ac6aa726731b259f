import { parseQuantity, quantityUnits } from "../../../api/quantity.ts";
import type { ExaminedObject, Quota, TargetFacts } from "./facts.ts";
import type { TargetFinding } from "./finding.ts";
import { quotaUse } from "./quota-use.ts";
import { about, type TargetExamination, type TargetFindingRule } from "./rule.ts";

export const quotaTooSmall: TargetFindingRule = {
  code: "quota-too-small",
  reason: "the API server judges each object by what is used at that moment; only the sum tells",
  open: sumQuotas,
};

interface Sum {
  readonly namespace: string;
  readonly quota: Quota;
  readonly resource: string;
  asked: bigint;
  objects: number;
}

function sumQuotas(facts: TargetFacts): TargetExamination {
  const sums = new Map<string, Sum>();
  return {
    see(object) {
      if (object.action === "patch") return [];
      const quotas = facts.quotas.get(object.namespace) ?? [];
      if (object.namespace === "" || quotas.length === 0) return [];
      const findings: TargetFinding[] = [];
      for (const [resource, amount] of quotaUse(object)) {
        for (const quota of quotas) {
          const left = leftOf(quota, resource);
          if (left === undefined) continue;
          add(sums, object.namespace, quota, resource, amount);
          if (amount > left && !quota.isScoped) {
            findings.push(tooLarge(object, quota, resource, amount, left));
          }
        }
      }
      return findings;
    },
    end: () => [...sums.values()].flatMap(exceeded),
  };
}

function add(
  sums: Map<string, Sum>,
  namespace: string,
  quota: Quota,
  resource: string,
  amount: bigint,
): void {
  const key = `${namespace}/${quota.name}/${resource}`;
  const sum = sums.get(key) ?? { namespace, quota, resource, asked: 0n, objects: 0 };
  sums.set(key, sum);
  sum.asked += amount;
  sum.objects += 1;
}

/** In quantity units; undefined: the quota does not speak of it. */
function leftOf({ hard, used }: Quota, resource: string): bigint | undefined {
  if (!Object.hasOwn(hard, resource)) return undefined;
  const limit = parseQuantity(hard[resource] ?? "");
  const taken = parseQuantity(used[resource] ?? "0") ?? 0n;
  return limit === undefined ? undefined : limit - taken;
}

function tooLarge(
  object: ExaminedObject,
  quota: Quota,
  resource: string,
  amount: bigint,
  left: bigint,
): TargetFinding {
  return {
    severity: "blocks",
    code: "quota-too-small",
    message: `asks for ${amountText(amount)} of ${resource}; quota "${quota.name}" has ${amountText(left)} left`,
    ...about(object),
  };
}

function exceeded({ namespace, quota, resource, asked, objects }: Sum): readonly TargetFinding[] {
  const left = leftOf(quota, resource);
  if (left === undefined || asked <= left || objects < 2) return [];
  return [
    {
      severity: quota.isScoped ? "warning" : "blocks",
      code: "quota-too-small",
      message: `${objects} objects ask for ${amountText(asked)} of ${resource} in namespace ${namespace}; quota "${quota.name}" has ${amountText(left)} left${quota.isScoped ? ", and counts some of them only" : ": some of them will be refused"}`,
      resource: "resourcequotas",
      kind: "ResourceQuota",
      namespace,
      name: quota.name,
    },
  ];
}

const binary = ["Ti", "Gi", "Mi", "Ki"] as const;
const factors = { Ti: 2n ** 40n, Gi: 2n ** 30n, Mi: 2n ** 20n, Ki: 2n ** 10n } as const;

/** As people write it: `200Gi`, `1500m`, `3`. */
export function amountText(amount: bigint): string {
  if (amount < 0n) return `-${amountText(-amount)}`;
  const suffix = binary.find(
    (one) => amount > 0n && amount % (factors[one] * quantityUnits) === 0n,
  );
  if (suffix !== undefined) return `${amount / (factors[suffix] * quantityUnits)}${suffix}`;
  return amount % quantityUnits === 0n
    ? `${amount / quantityUnits}`
    : `${amount / (quantityUnits / 1000n)}m`;
}
