import type { Finding } from "@lethe/contracts/diagnosis";
import { printable } from "@lethe/contracts/printable";
import type { Diagnosis } from "@lethe/doctor/diagnose";

/** Formats what the doctor has found: errors first, then warnings, then what was looked at. */
export function formatDiagnosis({ findings, made, leftOut }: Diagnosis): string {
  const errors = findings.filter(({ severity }) => severity === "error");
  const warnings = findings.filter(({ severity }) => severity === "warning");
  const counts = `${counted(errors.length, "error")}, ${counted(warnings.length, "warning")}; ${counted(made.length, "check")} made`;
  const rest =
    leftOut.length === 0 ? "" : `, left out for want of a server: ${leftOut.map(({ check }) => check).join(", ")}`;
  return [...errors, ...warnings].map(formatFinding).concat(`${counts}${rest}`).join("\n");
}

/** Formats a finding in two lines: what is wrong and where, and what to do. */
export function formatFinding({ severity, code, where, what, remedy }: Finding): string {
  return `${severity} ${code} (${printable(where)}): ${printable(what)}\n  ${printable(remedy)}`;
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? "" : "s"}`;
}
