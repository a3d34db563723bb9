import { processEnvironment } from "@lethe/service-kit/settings";
import { processInput } from "./command-input.js";
import { runCli } from "./program.js";
import { processTerminal } from "./terminal.js";

process.exitCode = await runCli(process.argv.slice(2), {
  environment: processEnvironment(),
  terminal: processTerminal(),
  input: processInput(),
});
