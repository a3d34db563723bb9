import type { Command } from "commander";
import { type CompletedCommand, describeProgram, type Values } from "./describe-program.js";
import { quoteWord } from "./quote-word.js";

/** Returns the script that makes zsh complete a program's command lines, sourced or found in `fpath`. */
export function zshScript(program: Command): string {
  const commands = describeProgram(program);
  const name = program.name();
  return `#compdef ${name}
# Completion of ${name} for zsh; made by \`${name} completion zsh\`.
_lethe() {
  local at="" word next kind="" previous="\${words[CURRENT-1]}"
  local -a choices described
  integer position=0 i
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
    next="\${at:+$at }$word"
    case "$next" in
      (${commands
        .slice(1)
        .map(({ path }) => quoteWord(path))
        .join("|")}) at="$next"; position=0; continue ;;
    esac
    case "$at \${words[i-1]}" in
      (${valuedOptions(commands).join("|")}) continue ;;
    esac
    [[ $word == -* ]] || position=$((position + 1))
  done
  # A value may stand behind its option's name, or in the same word.
  if compset -P '--*='; then previous="\${IPREFIX%=}"; fi
  case "$at $previous" in
${optionCases(commands)}
  esac
  if [[ -z $kind && $PREFIX == -* ]]; then
    kind=options
    case "$at" in
${commands.map((command) => `      (${quoteWord(command.path)}) described=(${optionWords(command)}) ;;`).join("\n")}
    esac
  elif [[ -z $kind ]]; then
    case "$at:$position" in
${argumentCases(commands)}
    esac
  fi
  case "$kind" in
    (words) compadd -a choices ;;
    (commands) _describe command described ;;
    (options) _describe -o option described ;;
    (files) _files ;;
  esac
}
if [[ "\${funcstack[1]-}" == _lethe ]]; then _lethe "$@"; else compdef _lethe ${name}; fi`;
}

function valuedOptions(commands: readonly CompletedCommand[]): string[] {
  return commands.flatMap(({ path, options }) =>
    options.filter(({ values }) => values !== undefined).map(({ long }) => quoteWord(`${path} ${long}`)),
  );
}

function optionCases(commands: readonly CompletedCommand[]): string {
  const cases = commands.flatMap(({ path, options }) =>
    options.flatMap(({ long, values }) =>
      values === undefined ? [] : [`    (${quoteWord(`${path} ${long}`)}) ${assign(values)} ;;`],
    ),
  );
  return cases.join("\n");
}

function argumentCases(commands: readonly CompletedCommand[]): string {
  const cases = commands.flatMap((command) => {
    if (command.commands.length > 0) {
      const described = command.commands.map(({ name, description }) => describedWord(name, description));
      return [`      (${quoteWord(`${command.path}:0`)}) kind=commands described=(${described.join(" ")}) ;;`];
    }
    return command.arguments.map(({ values, isLast }, i) => {
      const place = isLast ? `${quoteWord(`${command.path}:`)}*` : quoteWord(`${command.path}:${i}`);
      return `      (${place}) ${assign(values)} ;;`;
    });
  });
  return cases.join("\n");
}

function assign(values: Values): string {
  return values.kind === "words"
    ? `kind=words choices=(${values.words.map(quoteWord).join(" ")})`
    : `kind=${values.kind}`;
}

function optionWords({ options }: CompletedCommand): string {
  return options.map(({ long, description }) => describedWord(long, description)).join(" ");
}

/** `_describe` takes what stands before the first colon for the word. */
function describedWord(word: string, description: string): string {
  return quoteWord(`${word}:${description}`);
}
