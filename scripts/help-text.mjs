const WIDTH = 100;

/** Reports whether the arguments ask for help, rather than for anything to be done. */
export function asksForHelp(args) {
  return args.includes("--help") || args.includes("-h");
}

/** Returns the help of a command: how it is called, what it does, and its options as pairs of flags and description. */
export function helpText({ usage, about, options }) {
  const all = [...options, ["-h, --help", "display help for command"]];
  const indent = Math.max(...all.map(([flags]) => flags.length)) + 4;
  const lines = all.map(([flags, description]) => `  ${flags.padEnd(indent - 2)}${wrapped(description, indent)}`);
  return [`Usage: ${usage}`, "", wrapped(about, 0), "", "Options:", ...lines].join("\n");
}

function wrapped(text, indent) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = `${lines.at(-1)} ${word}`.trimStart();
    if (line.length + indent <= WIDTH || lines.at(-1) === "") lines[lines.length - 1] = line;
    else lines.push(word);
  }
  return lines.join(`\n${" ".repeat(indent)}`);
}
