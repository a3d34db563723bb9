import { Argument, type Command } from "commander";
import type { CommandContext } from "../command-context.js";
import { bashScript } from "../completion/bash-script.js";
import { fishScript } from "../completion/fish-script.js";
import { zshScript } from "../completion/zsh-script.js";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };
const SHELLS = ["bash", "zsh", "fish"] as const;

/** Adds `lethe completion`. */
export function addCompletionCommand(program: Command, { terminal }: CommandContext): void {
  program
    .command("completion")
    .summary("print the script that completes commands in a shell")
    .description(
      "Prints a script that completes commands, options and their values. For bash: `source <(lethe completion bash)` in ~/.bashrc. For " +
        "zsh: `source <(lethe completion zsh)` in ~/.zshrc, after compinit. For fish: `lethe completion fish > " +
        "~/.config/fish/completions/lethe.fish`. It needs the command `lethe` on the PATH, or an alias of that name.",
    )
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .action((shell: (typeof SHELLS)[number]) => terminal.print(SCRIPTS[shell](program)));
}
