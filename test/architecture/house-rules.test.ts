import assert from "node:assert/strict";
import { existsSync, globSync, readdirSync, readFileSync, statSync } from "node:fs";
import { describe, it } from "node:test";
import { errorCatalogue } from "../../src/api/error-codes.ts";

const sources = globSync("{src,plugins,cmd}/**/*.ts").sort();
const everything = globSync("{src,plugins,cmd,test,bench,deploy}/**/*.ts").sort();
const maxFileLines = 400;
const maxPluginReadmeLines = 60;
const maxFolderReadmeLines = 30;

/** Text that may not stand in product code outside the named folder; each with its reason. */
const banned: readonly {
  readonly pattern: RegExp;
  readonly home: RegExp;
  readonly reason: string;
}[] = [
  {
    pattern: /\bDate\.now\(/,
    home: /^src\/adapters\/clock\//,
    reason: "time comes from the Clock port",
  },
  {
    pattern: /\bnew Date\(\)/,
    home: /^src\/adapters\/clock\//,
    reason: "time comes from the Clock port",
  },
  {
    pattern: /\bMath\.random\(/,
    home: /^src\/adapters\/clock\//,
    reason: "chance comes from the Clock port",
  },
  { pattern: /\bprocess\.env\b/, home: /^cmd\//, reason: "the environment is read once, in cmd/" },
  { pattern: /\bprocess\.exit\(/, home: /^cmd\//, reason: "only cmd/ ends the process" },
  {
    pattern: /\bconsole\.\w+\(/,
    home: /^src\/cli\/render\//,
    reason: "only src/cli/render prints",
  },
  {
    pattern: /\bJSON\.parse\(/,
    home: /^(?:src\/lib|plugins)\//,
    reason: "V8 misreads escaped keys: decodeJson or parseJson of src/lib/json-text.ts",
  },
  {
    pattern: /^import (?!type\b)[^;]* from "node:http"/m,
    home: /^$/,
    reason: 'an import makes Node load its fetch, 5 MiB: process.getBuiltinModule("node:http")',
  },
  { pattern: /@ts-(?:ignore|nocheck|expect-error)/, home: /^$/, reason: "types are not silenced" },
  { pattern: /\bas any\b|: any\b|<any>/, home: /^$/, reason: "no any" },
];

const codeOnly = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");

describe("house rules", () => {
  for (const file of everything) {
    it(`${file} stays within ${maxFileLines} lines`, () => {
      const lines = readFileSync(file, "utf8").split("\n").length - 1;
      assert.ok(lines <= maxFileLines, `${file} has ${lines} lines`);
    });
  }
  it("a restore sleeps only in a wait that has a name (src/domain/restore/waits.ts)", () => {
    // The journal's is no wait: a sign of life beside the work.
    const mayCall = ["src/restore/waits/waits.ts", "src/restore/record/restore-journal.ts"];
    const sleepers = sources.filter(
      (file) =>
        file.startsWith("src/restore/") && /\.sleep\(/.test(codeOnly(readFileSync(file, "utf8"))),
    );
    assert.deepEqual(sleepers.sort(), mayCall.sort());
  });
  for (const file of sources) {
    it(`${file} makes no banned call`, () => {
      const text = codeOnly(readFileSync(file, "utf8"));
      for (const rule of banned) {
        if (rule.home.test(file)) continue;
        const found = rule.pattern.exec(text);
        assert.equal(found, null, `${file}: ${found?.[0]}: ${rule.reason}`);
      }
    });
    it(`${file} has a kebab-case name that answers one question`, () => {
      const name = file.split("/").at(-1) as string;
      assert.match(name, /^[a-z0-9]+(?:-[a-z0-9]+)*\.ts$/);
      assert.doesNotMatch(name, /^(?:utils?|helpers?|common|misc|index)\.ts$/);
    });
    it(`${file} throws ArkError, never a plain Error`, () => {
      assert.doesNotMatch(
        codeOnly(readFileSync(file, "utf8")),
        /\bthrow new (?:Error|TypeError|RangeError)\(/,
      );
    });
  }

  it("every error code in the product stands in the catalogue, and every code of it is used", () => {
    const used = new Set<string>();
    for (const file of sources) {
      if (file === "src/api/error-codes.ts") continue;
      for (const match of codeOnly(readFileSync(file, "utf8")).matchAll(
        /["'`](ARK_[A-Z0-9_]+)["'`]/g,
      )) {
        used.add(match[1] as string);
      }
    }
    const known = Object.keys(errorCatalogue);
    assert.deepEqual(
      [...used].filter((code) => !known.includes(code)),
      [],
    );
    assert.deepEqual(
      known.filter((code) => !used.has(code)),
      [],
    );
  });

  it("each folder below src/ and each plugin has a short README", () => {
    const folders = [
      ...readdirSync("src").map((name) => `src/${name}`),
      ...readdirSync("plugins").map((name) => `plugins/${name}`),
    ].filter((path) => statSync(path).isDirectory());
    for (const folder of folders) {
      assert.ok(existsSync(`${folder}/README.md`), `${folder} has no README.md`);
      const lines = readFileSync(`${folder}/README.md`, "utf8").split("\n").length - 1;
      const limit = folder.startsWith("plugins/") ? maxPluginReadmeLines : maxFolderReadmeLines;
      assert.ok(lines <= limit, `${folder}/README.md has ${lines} lines, more than ${limit}`);
    }
  });

  it("names no absolute path of a machine and no package registry host", () => {
    const texts = globSync(
      "{src,plugins,cmd,test,bench,docs,deploy}/**/*.{ts,md,sh,json,txt,yaml}",
    ).concat(globSync("*.{md,json}"));
    const host = new RegExp(["registry\\.npm", "js\\.org|proxy\\.go", "lang\\.org"].join(""), "i");
    for (const file of texts) {
      const text = readFileSync(file, "utf8");
      assert.doesNotMatch(text, host, file);
      assert.ok(!text.includes(`${process.cwd()}/`), `${file} names this checkout's path`);
    }
  });
});
