import type { Command } from "commander";
import type { CommandContext } from "../command-context.js";
import { addDecideCommands } from "./erasure/decide.js";
import { addFeedCommand } from "./erasure/feed.js";
import { addFindingsCommand } from "./erasure/findings.js";
import { addLiftCommand } from "./erasure/lift.js";
import { addListCommands } from "./erasure/list.js";
import { addPlanCommand } from "./erasure/plan.js";
import { addQuestionCommands } from "./erasure/questions.js";
import { addReapplyCommands } from "./erasure/reapply.js";
import { addReceiptCommands } from "./erasure/receipt.js";
import { addRequestCommand } from "./erasure/request.js";
import { addRequestsCommands } from "./erasure/requests.js";
import { addStrengthenCommand } from "./erasure/strengthen.js";
import { addVerifyCommand } from "./erasure/verify.js";

/** Adds `lethe erasure …`. */
export function addErasureCommand(program: Command, context: CommandContext): void {
  const erasure = program.command("erasure").summary("forget a person, and prove it");
  addRequestCommand(erasure, context);
  addPlanCommand(erasure, context);
  addListCommands(erasure, context);
  addRequestsCommands(erasure, context);
  addReceiptCommands(erasure, context);
  addVerifyCommand(erasure, context);
  addDecideCommands(erasure, context);
  addQuestionCommands(erasure, context);
  addLiftCommand(erasure, context);
  addReapplyCommands(erasure, context);
  addStrengthenCommand(erasure, context);
  addFeedCommand(erasure, context);
  addFindingsCommand(erasure, context);
}
