import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { readCommandLine } from "../../../src/cli/argv.ts";
import { leavesOf } from "../../../src/cli/command-spec.ts";
import { commandTree } from "../../../src/cli/command-tree.ts";
import { ArkError } from "../../../src/lib/errors.ts";

const read = (line: string) => readCommandLine(words(line), commandTree);
const words = (line: string): string[] => (line === "" ? [] : line.split(" "));

function argvOf(line: string): readonly string[] {
  const request = read(line);
  assert.equal(request.kind, "run");
  return request.kind === "run" ? request.argv : [];
}

function refusal(line: string): ArkError {
  try {
    read(line);
  } catch (error) {
    assert.ok(error instanceof ArkError);
    assert.equal(error.code, "ARK_USAGE");
    return error;
  }
  return assert.fail(`${line} was taken`);
}

describe("readCommandLine() takes flags as users of kubectl and velero type them", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["backup get", "backup get --"],
    ["get backups", "get backups --"],
    ["--version", "version --"],
    ["get backup x", "get backups -- x"],
    ["backup describe backup/x", "backup describe -- x"],
    ["backup get x backups.velero.io/y", "backup get -- x y"],
    ["restore logs restore/x", "restore logs -- x"],
    ["restore create --from-backup backup/x", "restore create --from-backup=x --"],
    ["backup describe restore/x", "backup describe -- restore/x"],
    ["backup create backup/x", "backup create -- backup/x"],
    ["location get", "backup-location get --"],
    ["backup create x --ttl=1h", "backup create --ttl=1h -- x"],
    ["backup create x --ttl 1h", "backup create --ttl=1h -- x"],
    ["backup create --ttl -1h x", "backup create --ttl=-1h -- x"],
    ["backup create --wait x", "backup create --wait=true -- x"],
    ["backup create -w x", "backup create --wait=true -- x"],
    ["backup create -w=false x", "backup create --wait=false -- x"],
    [
      "backup create x --include-cluster-resources=false",
      "backup create --include-cluster-resources=false -- x",
    ],
    ["backup get -n x", "backup get --namespace=x --"],
    ["backup get -nx", "backup get --namespace=x --"],
    ["backup get -n=x", "backup get --namespace=x --"],
    ["backup get -ojson", "backup get --output=json --"],
    ["backup get -o=json", "backup get --output=json --"],
    ["backup create x -wojson", "backup create --wait=true --output=json -- x"],
    ["backup create x -lapp=web", "backup create --selector=app=web -- x"],
    ["--context c backup get", "backup get --context=c --"],
    ["backup --kubecontext c get", "backup get --context=c --"],
    ["backup create x --store s3://b/p", "backup create --storage-location=s3://b/p -- x"],
    [
      "backup create x --include-namespaces a --include-namespaces=b",
      "backup create --include-namespaces=a --include-namespaces=b -- x",
    ],
    ["backup create -- --odd", "backup create -- --odd"],
    ["backup get x -- -y", "backup get -- x -y"],
    ["backup download x -o -", "backup download --output=- -- x"],
    ["backup-location set x s3://b --config a=b", "backup-location set --config=a=b -- x s3://b"],
    ["backup prune --dry-run --store s", "backup prune --dry-run=true --storage-location=s --"],
    ["backup create x --dry-run client", "backup create --dry-run=client -- x"],
    ["backup get --config d", "backup get --config-dir=d --"],
  ];
  for (const [line, expected] of cases) {
    it(`ark-ts ${line}`, () => {
      assert.equal(argvOf(line).join(" "), expected);
    });
  }

  it("a bare boolean never takes the next word, wherever it stands", () => {
    const booleans = [...leavesOf(commandTree)].flatMap(({ words: path, leaf }) =>
      leaf.flags.filter(({ kind }) => kind === "boolean").map(({ name }) => ({ path, leaf, name })),
    );
    assert.ok(booleans.length > 20);
    for (const { path, leaf, name } of booleans) {
      if (leaf.args?.[0]?.required !== true) continue;
      const argv = argvOf(
        [...path, `--${name}`, "positional", ...(leaf.args[1]?.required ? ["b"] : [])].join(" "),
      );
      assert.ok(argv.includes(`--${name}=true`), name);
      assert.ok(argv.slice(argv.indexOf("--")).includes("positional"), name);
    }
  });

  it("the order of flags and words does not matter", () => {
    const pieces = [["x"], ["--ttl", "1h"], ["-w"], ["--labels=a=b"], ["-l", "app=web"]];
    const whole = [...argvOf("backup create x --ttl 1h -w --labels=a=b -l app=web")].sort();
    fc.assert(
      fc.property(fc.shuffledSubarray(pieces, { minLength: pieces.length }), (order) => {
        assert.deepEqual(
          [...argvOf(["backup", "create", ...order.flat()].join(" "))].sort(),
          whole,
        );
      }),
    );
  });
});

describe("readCommandLine() answers help", () => {
  for (const [line, path] of [
    ["", ""],
    ["--help", ""],
    ["-h", ""],
    ["--help=true", ""],
    ["help", ""],
    ["backup help", "backup"],
    ["backup", "backup"],
    ["backup --help", "backup"],
    ["help backup create", "backup create"],
    ["backup create --help", "backup create"],
    ["backup create x --nonsense -h", "backup create"],
    ["get", "get"],
  ] as const) {
    it(`ark-ts ${line}`, () => {
      assert.deepEqual(read(line), { kind: "help", words: words(path) });
    });
  }
});

describe("readCommandLine() refuses in one sentence", () => {
  const cases: readonly (readonly [string, RegExp, RegExp?])[] = [
    ["bakup get", /no command "bakup"/, /did you mean ark-ts backup\?/],
    ["backup creat x", /ark-ts backup has no command "creat"/, /backup create\?/],
    [
      "backup create x --includ-namespaces a",
      /no flag --includ-namespaces/,
      /--include-namespaces\?/,
    ],
    [
      "backup create x --include_namespaces a",
      /no flag --include_namespaces/,
      /--include-namespaces\?/,
    ],
    ["backup create x --inclde-resources=a", /no flag --inclde-resources/, /--include-resources\?/],
    ["backup create x -z", /no flag -z/],
    ["backup get --ttl 1h", /--ttl has no effect on ark-ts backup get/],
    ["backup logs", /needs NAME/],
    ["backup get --help=false", /--help takes no value/, /leave it out/],
    ["-h=false", /-h takes no value/],
    ["--help=maybe", /--help takes no value/],
    ["--version=false", /--version takes no value/],
    ["backup create a b", /takes only NAME, and got "b" as well/],
    ["backup create x --wait false", /got "false" as well/, /--flag=false/],
    ["version 1", /takes no argument/],
    ["backup get -o", /-o needs a value/],
    ["backup get --output", /--output needs a value/],
    ["backup create x --ttl --wait", /--ttl needs a value, and --wait follows/, /--ttl=--wait/],
    ["--context c", /--context stands without a command/],
    ["repo get", /repo is not in this version yet/],
    ["backup plan x --from-schedule s", /--from-schedule has no effect on ark-ts backup plan/],
    ["backup create --parallel-files-upload 2", /not in this version yet/],
    ["backup create x --data-mover m", /--data-mover is not in this version yet/],
  ];
  for (const [line, message, advice] of cases) {
    it(`ark-ts ${line}`, () => {
      const error = refusal(line);
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /\n/);
      if (advice !== undefined) assert.match(error.advice ?? "", advice);
    });
  }
});

describe("the tree of commands", () => {
  it("gives a flag name the same appetite for a value in every command", () => {
    const appetite = new Map<string, boolean>();
    for (const { words: path, leaf } of leavesOf(commandTree)) {
      for (const { name, kind, aliases = [] } of leaf.flags) {
        for (const each of [name, ...aliases]) {
          // `--dry-run` of prune is a switch; that of create names who does not do it.
          if (each === "dry-run" || each === "default") continue;
          const takes = kind !== "boolean";
          assert.equal(appetite.get(each) ?? takes, takes, `${path.join(" ")} --${each}`);
          appetite.set(each, takes);
        }
      }
    }
  });

  it("names no flag twice in a command, later flags included", () => {
    for (const { words: path, leaf } of leavesOf(commandTree)) {
      const names = [
        ...leaf.flags.flatMap(({ name, aliases = [], short }) => [
          name,
          ...aliases,
          ...(short ? [short] : []),
        ]),
        ...(leaf.later ?? []).map(({ name }) => name),
      ];
      assert.equal(new Set(names).size, names.length, path.join(" "));
    }
  });
});
