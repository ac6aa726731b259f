import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { BackupSpec } from "../../../../src/api/backup.ts";
import {
  itemRules,
  type Verdict,
  type Want,
} from "../../../../src/domain/selection/item-verdict.ts";
import { planBackup } from "../../../../src/domain/selection/plan-backup.ts";
import { kindOf } from "../../../support/kinds.ts";

const kinds = [
  kindOf("pods", { kind: "Pod" }),
  kindOf("persistentvolumeclaims", { kind: "PersistentVolumeClaim" }),
  kindOf("persistentvolumes", { kind: "PersistentVolume", cluster: true }),
];
const rulesOf = (spec: BackupSpec) =>
  itemRules(
    planBackup({
      name: "b",
      spec,
      discovered: { kinds, brokenGroups: [] },
      activeNamespaces: [],
      optedOutNamespaces: [],
    }),
  );

interface Row {
  readonly title: string;
  readonly spec?: BackupSpec;
  readonly resource: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly terminating?: boolean;
  readonly want?: Want;
  readonly bySelector?: boolean;
  readonly verdict: Verdict;
}

const claims = "persistentvolumeclaims";
const volumes = "persistentvolumes";
const optOut = { "velero.io/exclude-from-backup": "true" };
const byLabel: BackupSpec = { labelSelector: { matchLabels: { app: "web" } } };
const inShop: BackupSpec = { includedNamespaces: ["shop"] };
const podsOnly: BackupSpec = { includedNamespaceScopedResources: ["pods"] };

/** Velero 1.18.3: pkg/backup/item_backupper.go, itemInclusionChecks; listing in item_collector.go. */
const rows: readonly Row[] = [
  { title: "without selectors all are selected", resource: claims, verdict: "taken" },
  { title: "a selector leaves out others", spec: byLabel, resource: claims, verdict: "unselected" },
  {
    title: "a selector takes its own",
    spec: byLabel,
    resource: claims,
    labels: { app: "web" },
    verdict: "taken",
  },
  {
    title: "what the API server selected is not asked again",
    spec: byLabel,
    resource: claims,
    bySelector: true,
    verdict: "taken",
  },
  {
    title: "what is wanted needs no label",
    spec: byLabel,
    resource: claims,
    want: "wanted",
    verdict: "taken",
  },
  {
    title: "the opt-out label holds for what is wanted (regression 12)",
    spec: byLabel,
    resource: claims,
    labels: optOut,
    want: "wanted",
    verdict: "optedOut",
  },
  {
    title: "the opt-out label does not hold for what must be",
    spec: byLabel,
    resource: claims,
    labels: optOut,
    want: "must",
    verdict: "taken",
  },
  {
    title: "the namespace filter holds for what is wanted (regression 12)",
    spec: inShop,
    resource: claims,
    namespace: "dark",
    want: "wanted",
    verdict: "namespace",
  },
  {
    title: "the namespace filter does not hold for what must be",
    spec: inShop,
    resource: claims,
    namespace: "dark",
    want: "must",
    verdict: "taken",
  },
  {
    title: "what is being deleted is never taken, must or not (regression 2)",
    resource: claims,
    terminating: true,
    want: "must",
    verdict: "terminating",
  },
  {
    title: "of a kind outside the filters none is selected",
    spec: inShop,
    resource: volumes,
    namespace: "",
    verdict: "unselected",
  },
  {
    title: "of a kind outside the filters the wanted ones are taken",
    spec: inShop,
    resource: volumes,
    namespace: "",
    want: "wanted",
    verdict: "taken",
  },
  {
    title: "of an excluded kind the wanted ones are not",
    spec: podsOnly,
    resource: claims,
    want: "wanted",
    verdict: "unselected",
  },
  {
    title: "of an excluded kind those that must be are",
    spec: podsOnly,
    resource: claims,
    want: "must",
    verdict: "taken",
  },
  {
    title: "the opt-out label counts for all",
    resource: claims,
    labels: optOut,
    verdict: "optedOut",
  },
  {
    title: "a label of that name with another value opts out of nothing",
    resource: claims,
    labels: { "velero.io/exclude-from-backup": "yes" },
    verdict: "taken",
  },
];

describe("what becomes of an item", () => {
  for (const { title, spec = {}, resource, verdict, want, ...rest } of rows) {
    it(title, () => {
      const { namespace = "shop", labels = {}, terminating = false, bySelector = false } = rest;
      const item = { namespace, name: "a", labels, terminating };
      assert.equal(rulesOf(spec)(resource, item, { bySelector, want }), verdict);
    });
  }
});
