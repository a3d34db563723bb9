import { diagnose } from "@lethe/doctor/diagnose";
import type { Command } from "commander";
import type { CommandContext } from "../command-context.js";
import { doctorSettings } from "../doctor-settings.js";
import { EXIT } from "../exit-codes.js";
import { formatDiagnosis } from "../present/doctor.js";

interface DoctorOptions {
  readonly json?: true;
}

/** Adds `lethe doctor`. */
export function addDoctorCommand(
  program: Command,
  { datasets, environment, terminal, exitWith }: CommandContext,
): void {
  program
    .command("doctor")
    .summary("look for whatever keeps, or will keep, Lethe from working, and say what to do about it")
    .description(
      "Looks at PostgreSQL, Redis, folders, clocks, keys, roles and rights, at whether queues and ledger agree, and whether services " +
        "are there, in a few seconds. Changes nothing, and goes on where something does not answer. Warnings leave the exit code at 0.",
    )
    .option("--json", "print one line of JSON per finding instead of text")
    .action(async ({ json }: DoctorOptions) => {
      const diagnosis = await diagnose(doctorSettings(environment, datasets), datasets);
      if (json === true) for (const finding of diagnosis.findings) terminal.print(JSON.stringify(finding));
      else terminal.print(formatDiagnosis(diagnosis));
      if (diagnosis.findings.some(({ severity }) => severity === "error")) exitWith(EXIT.unwell);
    });
}
