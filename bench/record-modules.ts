/** Preloaded: when the process ends, the modules it loaded are written to ARK_BENCH_MODULES. */
import { writeFileSync } from "node:fs";
import { registerHooks } from "node:module";

const file = process.env["ARK_BENCH_MODULES"];
if (file !== undefined) {
  const urls: string[] = [];
  registerHooks({
    load(url, context, nextLoad) {
      if (!url.startsWith("node:")) urls.push(url);
      return nextLoad(url, context);
    },
  });
  process.on("exit", () => writeFileSync(file, JSON.stringify(urls)));
}
