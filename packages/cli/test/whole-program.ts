import { createDatasets } from "@lethe/datasets/create-datasets";
import type { Command } from "commander";
import { buildProgram } from "../src/program.js";
import { allCommands } from "../src/usage-errors.js";

/** Builds the program with all commands, for tests of what they declare; none can be run. */
export function wholeProgram(): Command {
  return buildProgram({
    datasets: createDatasets(),
    environment: {},
    terminal: { print: () => undefined, note: () => undefined, bars: undefined },
    input: { ask: undefined, readAll: async () => "" },
    exitWith: () => undefined,
  });
}

/** Returns the commands that do something, not those that only have commands below them. */
export function leafCommands(program: Command): Command[] {
  return allCommands(program).filter(({ commands }) => commands.length === 0);
}
