/** `sh test/bootstrap.sh deploy/plugin/main.ts BUNDLE.cjs EXECUTABLE` packs a plugin. */
import { resolve } from "node:path";
import { packPlugin } from "./pack-plugin.ts";

const [bundle, outfile] = process.argv.slice(2);
if (bundle === undefined || outfile === undefined) {
  process.stderr.write("name the bundled plugin, and the executable to make of it\n");
  process.exitCode = 2;
} else {
  await packPlugin(resolve(bundle), resolve(outfile));
}
