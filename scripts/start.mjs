// `npm start`: on a machine with nothing but Node, installs, builds, and brings the whole system up.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import path from "node:path";
import { build } from "./build.mjs";
import { checkNode } from "./check-node.mjs";
import { install } from "./install.mjs";
import { ROOT } from "./root.mjs";

checkNode();
if (!((await install()) && (await build()))) process.exit(1);

const cli = path.join(ROOT, "packages", "cli", "dist", "main.js");
const child = spawn(process.execPath, [cli, "up", ...process.argv.slice(2)], { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  // A terminal sends Ctrl-C to the child as well; one that got it twice could take the second as "now, at once".
  process.on(signal, () => {
    if (!(signal === "SIGINT" && process.stdin.isTTY)) child.kill(signal);
  });
}
child.on("error", (error) => {
  console.error(`The command line could not be started: ${error.message}`);
  process.exit(1);
});
child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
