// `npm run drills [-- options]`: injects faults into whole installations.
import path from "node:path";
import { pathToFileURL } from "node:url";
import { DRILL_OPTIONS, DRILLS_HELP } from "../packages/drills/options.mjs";
import { build } from "./build.mjs";
import { checkNode } from "./check-node.mjs";
import { asksForHelp, helpText } from "./help-text.mjs";
import { install } from "./install.mjs";
import { ROOT } from "./root.mjs";

if (asksForHelp(process.argv.slice(2))) {
  const options = DRILL_OPTIONS.map(([flags, description, standard]) => [
    flags,
    standard === undefined ? description : `${description} (default: ${standard})`,
  ]);
  console.log(helpText({ usage: "npm run drills -- [options]", about: DRILLS_HELP, options }));
  process.exit();
}
checkNode();
if (!((await install()) && (await build()))) process.exit(1);
const main = path.join(ROOT, "packages", "drills", "dist", "main.js");
process.argv[1] = main;
await import(pathToFileURL(main).href);
