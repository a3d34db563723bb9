import type { Command } from "commander";
import { type CompletedCommand, describeProgram, type Values } from "./describe-program.js";
import { quoteFishWord } from "./quote-word.js";

/** Returns the script that makes fish complete a program's command lines. */
export function fishScript(program: Command): string {
  const commands = describeProgram(program);
  const name = program.name();
  return `# Completion of ${name} for fish; made by \`${name} completion fish\`.
function __lethe_is --description "Whether the command line is at a command"
    set -l at ""
    for word in (commandline -opc)[2..-1]
        set -l next (string trim -- "$at $word")
        switch $next
            case ${commands
              .slice(1)
              .map(({ path }) => quoteFishWord(path))
              .join(" ")}
                set at $next
        end
    end
    test "$at" = "$argv[1]"
end
complete -c ${name} -f
${commands.flatMap((command) => completionsOf(name, command)).join("\n")}`;
}

function completionsOf(name: string, { path, commands, options, arguments: places }: CompletedCommand): string[] {
  const here = `complete -c ${name} -n ${quoteFishWord(`__lethe_is ${quoteFishWord(path)}`)}`;
  return [
    ...commands.map((each) => `${here} -a ${each.name} -d ${quoteFishWord(each.description)}`),
    ...options.map(({ long, description, values }) => {
      const name = `-l ${long.slice(2)} -d ${quoteFishWord(description)}`;
      return values === undefined ? `${here} ${name}` : `${here} ${name} ${valueFlags(values)}`;
    }),
    ...places.flatMap(({ values }) => (values.kind === "anything" ? [] : [`${here} ${argumentFlags(values)}`])),
  ];
}

function valueFlags(values: Values): string {
  if (values.kind === "files") return "-r -F";
  return values.kind === "words" ? `-x -a ${wordList(values.words)}` : "-x";
}

function argumentFlags(values: Values): string {
  return values.kind === "words" ? `-a ${wordList(values.words)}` : "-F";
}

/** fish takes the list apart as it does a command line. */
function wordList(words: readonly string[]): string {
  return quoteFishWord(words.map((word) => word.replaceAll(" ", "\\ ")).join(" "));
}
