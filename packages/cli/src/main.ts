import { safeError } from "@lethe/service-kit/safe-error";
import { processEnvironment } from "@lethe/service-kit/settings";
import { processInput } from "./command-input.js";
import { EXIT } from "./exit-codes.js";
import { runCli } from "./program.js";
import { processTerminal } from "./terminal.js";

// What no command has handled; services that it started notice that it is gone, and stop.
const endUnexpectedly = (error: unknown) => {
  const { code, message } = safeError(error);
  process.stderr.write(`lethe: ${message} (${code})\n`);
  process.exit(EXIT.failed);
};
process.on("uncaughtException", endUnexpectedly);
process.on("unhandledRejection", endUnexpectedly);

const environment = processEnvironment();
process.exitCode = await runCli(process.argv.slice(2), {
  environment,
  terminal: processTerminal(environment),
  input: processInput(),
});
