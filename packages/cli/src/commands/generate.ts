import { generateDataset } from "@lethe/sample-data/generate";
import {
  GENERATE_FORMATS,
  GENERATE_LAYOUTS,
  type GenerateOptions,
  MAX_CUSTOMERS,
  MAX_PRODUCTS,
} from "@lethe/sample-data/options";
import { type Command, Option } from "commander";
import type { CommandContext } from "../command-context.js";
import { integerBetween, parseDate, parseNumber } from "../parse-arguments.js";
import { formatGenerated } from "../present/generated.js";

const MAX_UINT32 = 2 ** 32 - 1;

/** Adds `lethe generate`. */
export function addGenerateCommand(program: Command, context: CommandContext): void {
  program
    .command("generate")
    .summary("write a seeded set of input files")
    .description(
      "Writes input files in the layout of the source, with every class of defect among the records, and prints what " +
        "Lethe must make of them. The same options give the same files, byte for byte.",
    )
    .requiredOption("--out <folder>", "folder that gets the date=… folders")
    .option("--days <number>", "days of input, 24 hours each", integerBetween(1, 3_660), 3)
    .option("--customers <number>", "different customers", integerBetween(1, MAX_CUSTOMERS), 1_000)
    .option("--transactions <number>", "different transactions", integerBetween(0, 1_000_000_000), 5_000)
    .option("--seed <number>", "number that the random choices start from", integerBetween(0, MAX_UINT32), 1)
    .option("--start-date <date>", "first day, YYYY-MM-DD", parseDate, "2020-01-01")
    .option("--products <number>", "different products (default: 40 for each day)", integerBetween(1, MAX_PRODUCTS))
    .option("--erasure-requests <number>", "effective erasure requests", integerBetween(0, MAX_CUSTOMERS))
    .option(
      "--defect-rate <share>",
      "share of records with each kind of defect, 0 to 0.05 (default: 0.005)",
      parseNumber,
    )
    .addOption(new Option("--format <format>", "format of the files").choices(GENERATE_FORMATS).default("json.gz"))
    .addOption(
      new Option("--layout <layout>", "files by the hour as the source delivers, or one for each dataset")
        .choices(GENERATE_LAYOUTS)
        .default("hourly"),
    )
    .option("--json", "print the summary as one line of JSON")
    .action(async ({ json, ...options }: GenerateOptions & { readonly json?: true }) => {
      const summary = await generateDataset(options);
      context.terminal.print(json === true ? JSON.stringify(summary) : formatGenerated(summary));
    });
}
