import type { Command } from "commander";
import type { CommandContext } from "../command-context.js";
import { addDecideCommands } from "./erasure/decide.js";
import { addListCommands } from "./erasure/list.js";
import { addReceiptCommands } from "./erasure/receipt.js";
import { addRequestCommands } from "./erasure/request.js";
import { addVerifyCommand } from "./erasure/verify.js";

/** Adds `lethe erasure …`. */
export function addErasureCommand(program: Command, context: CommandContext): void {
  const erasure = program.command("erasure").summary("forget a person, and prove it");
  addRequestCommands(erasure, context);
  addListCommands(erasure, context);
  addReceiptCommands(erasure, context);
  addVerifyCommand(erasure, context);
  addDecideCommands(erasure, context);
}
