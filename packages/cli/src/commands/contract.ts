import { mkdir } from "node:fs/promises";
import path from "node:path";
import { DEFAULT_TIMEZONE } from "@lethe/contracts/schedules";
import { dataContract } from "@lethe/datasets/data-contract";
import { nextTick } from "@lethe/service-kit/cron/ticks";
import { replaceFile } from "@lethe/storage/replace-file";
import { Argument, type Command, Option } from "commander";
import { stringify } from "yaml";
import type { CommandContext } from "../command-context.js";
import { notWritten } from "../named-files.js";

const FORMATS = ["yaml", "json"] as const;

interface ExportOptions {
  readonly format: (typeof FORMATS)[number];
  readonly out?: string;
}

/** Adds `lethe contract export`. */
export function addContractCommand(program: Command, { datasets, terminal }: CommandContext): void {
  const contract = program.command("contract").summary("what senders and users of the data can rely on");
  contract
    .command("export")
    .addArgument(new Argument("[dataset]", "the dataset; without it, all of them").choices(datasets.names))
    .summary("write data contracts in the Open Data Contract Standard")
    .description(
      "Writes a contract per dataset in the form of the Open Data Contract Standard 3.1: the fields that senders deliver, the " +
        "tables that become of them, which of them are about people, and how often they come. It follows from the dataset's " +
        "declaration, and needs no server.",
    )
    .addOption(new Option("--format <format>", "form of the contracts").choices(FORMATS).default("yaml"))
    .option("--out <folder>", "write a file per dataset there instead of printing them")
    .action(async (dataset: string | undefined, { format, out }: ExportOptions) => {
      const chosen = dataset === undefined ? datasets.all : [datasets.get(dataset)];
      const contracts = chosen.map((one) => ({ name: one.name, text: write(one, format) }));
      if (out === undefined) {
        for (const { text } of contracts) terminal.print(format === "yaml" ? `---\n${text}` : text);
        return;
      }
      for (const { name, text } of contracts) await save(path.join(out, `${name}.odcs.${format}`), `${text}\n`);
      terminal.print(`${contracts.length} contracts are in ${out}`);
    });
}

function write(dataset: Parameters<typeof dataContract>[0], format: ExportOptions["format"]): string {
  const contract = dataContract(dataset, longestInterval(dataset.schedule));
  return format === "json"
    ? JSON.stringify(contract)
    : stringify(contract, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd();
}

const MINUTE_MS = 60_000;
const WEEK_MS = 7 * 24 * 60 * MINUTE_MS;
/** Any week would do that the clocks are not changed in. */
const SOME_DAY = new Date("2024-01-10T00:00:00Z");

/** Returns the longest time between two ticks of a week, in minutes. */
function longestInterval(cron: string): number {
  let longest = 0;
  let last = nextTick({ cron, timezone: DEFAULT_TIMEZONE }, SOME_DAY);
  while (last.getTime() < SOME_DAY.getTime() + WEEK_MS) {
    const next = nextTick({ cron, timezone: DEFAULT_TIMEZONE }, last);
    longest = Math.max(longest, next.getTime() - last.getTime());
    last = next;
  }
  return longest / MINUTE_MS;
}

async function save(file: string, text: string): Promise<void> {
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await replaceFile(file, text);
  } catch (error) {
    throw notWritten(file, error, "--out");
  }
}
