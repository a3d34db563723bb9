// `npm start`: on a machine with nothing but Node, installs, builds, and brings the whole system up.
import path from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "./build.mjs";
import { checkMachine } from "./check-machine.mjs";
import { checkNode } from "./check-node.mjs";
import { install } from "./install.mjs";
import { ROOT } from "./root.mjs";
import { isRunningStack } from "./running-stack.mjs";
import { whileNoOtherBuilds } from "./while-no-other-builds.mjs";

checkNode();
// Beside one that runs, `lethe up` only says where it is: what it runs on must not be built anew under it.
if (!(await isRunningStack())) {
  checkMachine();
  if (!(await whileNoOtherBuilds(async () => (await install()) && (await build())))) process.exit(1);
}

// From here on this process is `lethe up`: signals and the exit code are its own, and no parent can outlive it or die alone.
const cli = path.join(ROOT, "packages", "cli", "bundle", "main.js");
process.argv = [process.execPath, cli, "up", ...process.argv.slice(2)];
await import(pathToFileURL(cli).href);
