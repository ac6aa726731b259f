import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  chooseVersion,
  compareVersions,
  type KindVersions,
  parseVersionPriorities,
} from "../../../../src/domain/restore/choose-version.ts";

const kind = (preferred: string, ...others: readonly string[]): KindVersions => ({
  preferred,
  all: [preferred, ...others],
});

interface Row {
  readonly name: string;
  readonly backedUp: KindVersions;
  readonly served: KindVersions | undefined;
  readonly priorities?: readonly string[];
  readonly expected: readonly [version: string, rule: string];
}

/** velero-features part 4: rules 0 to 3, and what is left when none applies. */
const rows: readonly Row[] = [
  {
    name: "rule 0: the user's first version that both have",
    backedUp: kind("v1", "v2", "v2beta1"),
    served: kind("v1", "v2", "v2beta1"),
    priorities: ["v3", "v2beta1", "v2"],
    expected: ["v2beta1", "priorities"],
  },
  {
    name: "rule 0 may name the preferred version of both",
    backedUp: kind("v1", "v2"),
    served: kind("v2", "v1"),
    priorities: ["v1"],
    expected: ["v1", "priorities"],
  },
  {
    name: "rule 0 is passed over where the target does not serve what the user wants",
    backedUp: kind("v1", "v2"),
    served: kind("v1"),
    priorities: ["v2"],
    expected: ["v1", "target-prefers"],
  },
  {
    name: "rule 0 is passed over where the backup does not hold what the user wants",
    backedUp: kind("v1"),
    served: kind("v2", "v1"),
    priorities: ["v2"],
    expected: ["v1", "backup-prefers"],
  },
  {
    name: "rule 1: both prefer the same",
    backedUp: kind("v1", "v1beta1"),
    served: kind("v1", "v1beta1"),
    expected: ["v1", "target-prefers"],
  },
  {
    name: "rule 1: the target's preferred version is held, though the backup prefers another",
    backedUp: kind("v1", "v2beta1"),
    served: kind("v2beta1", "v1"),
    expected: ["v2beta1", "target-prefers"],
  },
  {
    name: "rule 2: the backup's preferred version is served, the target's not held",
    backedUp: kind("v1", "v1alpha1"),
    served: kind("v2", "v1", "v1alpha1"),
    expected: ["v1", "backup-prefers"],
  },
  {
    name: "rule 3: the highest that both have, by Kubernetes' order and not by the letters",
    backedUp: kind("v4", "v2beta2", "v2beta10", "v2alpha1"),
    served: kind("v3", "v2alpha1", "v2beta2", "v2beta10"),
    expected: ["v2beta10", "common"],
  },
  {
    name: "none in common: the backup's preferred version is tried",
    backedUp: kind("v1", "v1beta1"),
    served: kind("v3", "v2"),
    expected: ["v1", "none-common"],
  },
  {
    name: "a kind that the target does not serve yet comes as the backup prefers it",
    backedUp: kind("v1", "v2"),
    served: undefined,
    priorities: ["v2"],
    expected: ["v1", "not-served"],
  },
];

describe("chooseVersion()", () => {
  for (const { name, backedUp, served, priorities = [], expected } of rows) {
    it(name, () => {
      const { version, rule } = chooseVersion(backedUp, served, priorities);
      assert.deepEqual([version, rule], expected);
    });
  }
});

describe("compareVersions()", () => {
  it("puts stable above beta above alpha above all else, and counts numbers as numbers", () => {
    // The example of Kubernetes' own documentation, highest first.
    const ordered = [
      "v10",
      "v2",
      "v1",
      "v11beta2",
      "v10beta3",
      "v3beta1",
      "v12alpha1",
      "v11alpha2",
    ];
    const strange = ["foo1", "foo10", "v1.0", "v1beta"];
    const expected = [...ordered, ...strange];
    assert.deepEqual(
      [...expected].reverse().sort((a, b) => compareVersions(b, a)),
      expected,
    );
    assert.equal(compareVersions("v1", "v1"), 0);
    assert.equal(compareVersions("foo", "foo"), 0);
  });
});

describe("parseVersionPriorities()", () => {
  it("reads a line for each kind, and names the lines that say nothing", () => {
    const text =
      "rockbands.music.example.io=v2beta1,v2beta2\n\n  orchestras.music.example.io = v2, v3alpha1\r\nno-version=\n=v1\na=b=c\njust words\n";
    const { ofKind, unread } = parseVersionPriorities(text);
    assert.deepEqual(
      [...ofKind],
      [
        ["rockbands.music.example.io", ["v2beta1", "v2beta2"]],
        ["orchestras.music.example.io", ["v2", "v3alpha1"]],
      ],
    );
    assert.deepEqual(unread, ["no-version=", "=v1", "a=b=c", "just words"]);
  });
});
