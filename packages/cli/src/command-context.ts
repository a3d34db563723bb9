import type { Datasets } from "@lethe/datasets/create-datasets";
import type { Environment } from "@lethe/service-kit/settings";
import type { CommandInput } from "./command-input.js";
import type { ExitCode } from "./exit-codes.js";
import type { Terminal } from "./terminal.js";

/** What a command has from outside. */
export interface CommandContext {
  readonly datasets: Datasets;
  readonly environment: Environment;
  readonly terminal: Terminal;
  readonly input: CommandInput;
  /** Takes a command's result: what the process will exit with. */
  readonly exitWith: (code: ExitCode) => void;
}
