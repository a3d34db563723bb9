import type { Command } from "commander";
import { type CompletedCommand, describeProgram, type Values } from "./describe-program.js";
import { quoteWord } from "./quote-word.js";

/** Returns the script that makes bash complete a program's command lines. */
export function bashScript(program: Command): string {
  const commands = describeProgram(program);
  return `# Completion of ${program.name()} for bash; made by \`${program.name()} completion bash\`.
_lethe() {
  local at="" word next kind="" words="" position=0 i
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  COMPREPLY=()
  # Bash takes --option=value for three words.
  if [[ $current == "=" ]]; then current=""
  elif [[ $previous == "=" ]]; then previous="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    next="\${at:+$at }$word"
    case "$next" in
      ${commands
        .slice(1)
        .map(({ path }) => quoteWord(path))
        .join(" | ")}) at="$next"; position=0; continue ;;
    esac
    case "$at \${COMP_WORDS[i-1]}" in
      ${valuedOptions(commands)}) continue ;;
    esac
    [[ $word == -* || $word == "=" || \${COMP_WORDS[i-1]} == "=" ]] || position=$((position + 1))
  done
  case "$at $previous" in
${optionCases(commands)}
  esac
  if [[ -z $kind && $current == -* ]]; then
    kind=words
    case "$at" in
${commands.map(({ path, options }) => `      ${quoteWord(path)}) words=${quoteWord(options.map(({ long }) => long).join("\n"))} ;;`).join("\n")}
    esac
  elif [[ -z $kind ]]; then
    case "$at:$position" in
${argumentCases(commands)}
    esac
  fi
  case "$kind" in
    words) while IFS= read -r word; do COMPREPLY+=("$(printf %q "$word")"); done < <(IFS=$'\\n' compgen -W "$words" -- "$current") ;;
    files)
      compopt -o filenames 2>/dev/null
      while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$current") ;;
  esac
}
complete -F _lethe ${program.name()}`;
}

function valuedOptions(commands: readonly CompletedCommand[]): string {
  const valued = commands.flatMap(({ path, options }) =>
    options.filter(({ values }) => values !== undefined).map(({ long }) => quoteWord(`${path} ${long}`)),
  );
  return valued.join(" | ");
}

function optionCases(commands: readonly CompletedCommand[]): string {
  return commands
    .flatMap(({ path, options }) =>
      options.flatMap(({ long, values }) =>
        values === undefined ? [] : [`    ${quoteWord(`${path} ${long}`)}) ${assign(values)} ;;`],
      ),
    )
    .join("\n");
}

function argumentCases(commands: readonly CompletedCommand[]): string {
  return commands
    .flatMap((command) => {
      const names = command.commands.map(({ name }) => name);
      if (names.length > 0)
        return [`      ${quoteWord(`${command.path}:0`)}) ${assign({ kind: "words", words: names })} ;;`];
      return command.arguments.map(({ values, isLast }, i) => {
        const place = isLast ? `${quoteWord(`${command.path}:`)}*` : quoteWord(`${command.path}:${i}`);
        return `      ${place}) ${assign(values)} ;;`;
      });
    })
    .join("\n");
}

function assign(values: Values): string {
  return values.kind === "words" ? `kind=words words=${quoteWord(values.words.join("\n"))}` : `kind=${values.kind}`;
}
