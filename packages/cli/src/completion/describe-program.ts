import type { Argument, Command, Option } from "commander";

/** What may stand at a place of a command line. */
export type Values =
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "files" | "anything" };

export interface CompletedOption {
  /** `--state`. */
  readonly long: string;
  readonly description: string;
  /** Undefined for an option that takes no value. */
  readonly values: Values | undefined;
}

export interface CompletedArgument {
  readonly values: Values;
  /** Whether all further words are of its kind, too. */
  readonly isLast: boolean;
}

/** What a shell completes of one command. */
export interface CompletedCommand {
  /** The words that lead to it, without the program's own name: `runs list`; empty for the program. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly CompletedOption[];
  readonly arguments: readonly CompletedArgument[];
}

/** Describes a program as shells complete it: every command, option and choice that it declares and shows. */
export function describeProgram(program: Command): CompletedCommand[] {
  return describeCommand(program, "");
}

function describeCommand(command: Command, path: string): CompletedCommand[] {
  const help = command.createHelp();
  const own: CompletedCommand = {
    path,
    commands: command.commands.map((each) => ({ name: each.name(), description: help.subcommandDescription(each) })),
    options: help.visibleOptions(command).flatMap(describeOption),
    arguments: command.registeredArguments.map((argument) => ({
      values: valuesOf(argument, argument.name()),
      isLast: argument.variadic,
    })),
  };
  const below = command.commands.flatMap((each) =>
    describeCommand(each, path === "" ? each.name() : `${path} ${each.name()}`),
  );
  return [own, ...below];
}

function describeOption(option: Option): CompletedOption[] {
  const { long, description, required, optional, flags } = option;
  if (long === undefined || long === null) return [];
  const placeholder = /[<[]([^>\].]*)/.exec(flags)?.[1] ?? "";
  return [{ long, description, values: required || optional ? valuesOf(option, placeholder) : undefined }];
}

const FILES = /^(?:file|path|folder)$/;

function valuesOf({ argChoices }: Option | Argument, placeholder: string): Values {
  if (argChoices !== undefined) return { kind: "words", words: argChoices };
  return { kind: FILES.test(placeholder) ? "files" : "anything" };
}
