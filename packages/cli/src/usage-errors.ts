import { InvalidInputError } from "@lethe/contracts/errors";
import { printable } from "@lethe/contracts/printable";
import type { Argument, Command, CommanderError, Option } from "commander";

/**
 * Has a program and its commands throw what is wrong with their arguments as InvalidInputError, in Lethe's words: which value was
 * wrong, and what to do. Questions for help and version stay CommanderErrors. To be called when all commands are there.
 */
export function explainUsage(program: Command): void {
  for (const command of allCommands(program)) {
    command.configureOutput({ outputError: () => undefined });
    command.exitOverride((error) => {
      const message = toMessage(command, error);
      if (message === undefined) throw error;
      throw new InvalidInputError(message);
    });
  }
}

/** Returns a program and all commands below it. */
export function allCommands(program: Command): Command[] {
  return [program, ...program.commands.flatMap(allCommands)];
}

/** Returns how a command is called: `lethe erasure show`. */
export function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

/** Undefined for an error that is an answer, such as the help. */
function toMessage(command: Command, { code, message }: CommanderError): string | undefined {
  const help = `\`${pathOf(command)} --help\``;
  const [quoted = "", second = ""] = [...message.matchAll(/'([^']*)'/g)].map((match) => match[1] ?? "");
  const meant = meantInstead(message);
  switch (code) {
    case "commander.missingArgument": {
      const argument = command.registeredArguments.find((each) => each.name() === quoted);
      return `<${quoted}> is missing${describe(argument)}; see ${help}`;
    }
    case "commander.optionMissingArgument":
      return `${longOf(quoted)} needs a value${describe(optionOf(command, quoted))}; see ${help}`;
    case "commander.missingMandatoryOptionValue":
      return `${quoted} is missing${describe(optionOf(command, quoted))}; see ${help}`;
    case "commander.conflictingOption":
      return `${longOf(quoted)} and ${longOf(second)} do not go together: leave one of them out; see ${help}`;
    case "commander.unknownOption":
      return `unknown option ${printable(quoted)}${meant} ${help} shows the options`;
    case "commander.unknownCommand":
      return `unknown command "${printable(quoted)}"${meant} ${meant === ";" ? `commands are ${namesOf(command).join(", ")}` : `${help} shows the commands`}`;
    case "commander.excessArguments":
      // Not quoted: what nobody expected may be about a person.
      return `\`${pathOf(command)}\` takes ${taken(command)}, and got ${command.args.length}: leave out what is too much; see ${help}`;
    case "commander.invalidArgument":
      return invalidValue(command, message);
    default:
      return undefined;
  }
}

const OPTION_VALUE = /^error: option '([^']*)' argument '(.*)' is invalid\.(?: (.*))?$/s;
const ARGUMENT_VALUE = /^error: command-argument value '(.*)' is invalid for argument '([^']*)'\.(?: (.*))?$/s;

function invalidValue(command: Command, message: string): string | undefined {
  const [isOption, flags = "", optionValue = "", optionWhy = ""] = OPTION_VALUE.exec(message) ?? [];
  if (isOption !== undefined) {
    const { argChoices } = optionOf(command, flags) ?? {};
    if (argChoices !== undefined)
      return `${longOf(flags)} has no ${quote(optionValue)}; it is one of ${argChoices.join(", ")}`;
    return `${quote(optionValue)} is wrong for ${longOf(flags)}: ${lowerFirst(optionWhy)}`;
  }
  const [isArgument, value = "", name = "", why = ""] = ARGUMENT_VALUE.exec(message) ?? [];
  if (isArgument === undefined) return undefined;
  const choices = command.registeredArguments.find((each) => each.name() === name)?.argChoices;
  if (choices !== undefined) return `unknown ${name} ${quote(value)}; ${name}s are ${choices.join(", ")}`;
  return `${quote(value)} is wrong for <${name}>: ${lowerFirst(why)}`;
}

function optionOf(command: Command, flags: string): Option | undefined {
  return command.options.find((option) => option.flags === flags);
}

/** `--from <time>` as somebody types it: `--from`. */
function longOf(flags: string): string {
  return /--[\w-]+/.exec(flags)?.[0] ?? flags;
}

function describe(target: Option | Argument | undefined): string {
  if (target === undefined || target.description === "") return "";
  const choices = target.argChoices === undefined ? "" : ` (${target.argChoices.join(", ")})`;
  return `, ${target.description}${choices}`;
}

/** Commander's own guess at what somebody has mistyped. */
function meantInstead(message: string): string {
  const [, one, some] = /\(Did you mean (?:one of (.+)|(.+))\?\)/.exec(message) ?? [];
  const guess = one ?? some;
  return guess === undefined ? ";" : `; did you mean ${guess}?`;
}

function namesOf(command: Command): string[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((each) => each.name());
}

function taken(command: Command): string {
  const count = command.registeredArguments.length;
  if (count === 0) return "no argument";
  return count === 1 ? "one argument" : `${count} arguments`;
}

const MOST_QUOTED = 60;

function quote(value: string): string {
  const shown = printable(value);
  return `"${shown.length > MOST_QUOTED ? `${shown.slice(0, MOST_QUOTED)}…` : shown}"`;
}

/** The end of a sentence: without its full stop. */
function lowerFirst(sentence: string): string {
  const text = sentence.trim().replace(/\.$/, "");
  return text === "" ? "see --help" : `${text.charAt(0).toLowerCase()}${text.slice(1)}`;
}
