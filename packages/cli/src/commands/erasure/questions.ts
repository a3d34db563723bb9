import { QUESTION_DECISIONS, type QuestionDecision } from "@lethe/contracts/questions";
import { decideQuestion, listQuestions } from "@lethe/warehouse/erasures/questions";
import { Argument, type Command } from "commander";
import { callerName } from "../../caller-name.js";
import type { CommandContext } from "../../command-context.js";
import { databaseSetting } from "../../connection-settings.js";
import { withDatabase } from "../../connections.js";
import { parseQuestionId } from "../../parse-arguments.js";
import { formatQuestions } from "../../present/questions.js";
import { requireReason } from "./requests.js";

const MOST_QUESTIONS = 1_000;

/** Adds `lethe erasure questions` and `lethe erasure decide`. */
export function addQuestionCommands(erasure: Command, context: CommandContext): void {
  const { requests } = context.datasets;
  erasure
    .command("questions")
    .summary("list what a privacy officer has to decide")
    .description(
      "Lists the open questions: about requests, which are approved or rejected, and about records that are held.",
    )
    .option("--json", "print one line of JSON per question instead of text")
    .action(async ({ json }: { readonly json?: true }) => {
      const questions = await withDatabase(await databaseSetting(context.environment), (pool) =>
        listQuestions(pool, requests.name, MOST_QUESTIONS),
      );
      if (json === true) for (const question of questions) context.terminal.print(JSON.stringify(question));
      else context.terminal.print(formatQuestions(questions));
    });
  erasure
    .command("decide")
    .summary("decide whose the records are that a question holds")
    .description(
      "same_person: they are masked, and what they name joins the erased person. another_person, new_owner: they are loaded, and " +
        "the id or email that both have is the erased person's only together with another of theirs. The scheduler opens the " +
        "replays.",
    )
    .argument("<question-id>", "from `lethe erasure questions`", parseQuestionId)
    .addArgument(new Argument("<decision>", "whose the records are").choices(QUESTION_DECISIONS))
    .requiredOption("--note <text>", "on what ground; name a case, not a person")
    .option("--json", "print JSON instead of text")
    .action(
      async (id: string, decision: QuestionDecision, options: { readonly note: string; readonly json?: true }) => {
        const note = requireReason(options.note, "--note");
        await withDatabase(await databaseSetting(context.environment), async (pool) => {
          const by = await callerName(context.environment, pool, "privacy-officer");
          await decideQuestion(pool, id, decision, { by, note });
        });
        if (options.json === true) return context.terminal.print(JSON.stringify({ id, decision }));
        context.terminal.print(`question ${id} is decided; what it held is replayed`);
      },
    );
}
