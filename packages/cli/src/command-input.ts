import { createInterface } from "node:readline/promises";
import { text } from "node:stream/consumers";

/** Where a command reads what must not stand among its arguments, which every user of the machine can see. */
export interface CommandInput {
  /** Asks a question and returns the line that the person types. Undefined if standard input is not a terminal. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
  /** Returns all that was handed in, to its end. */
  readAll(): Promise<string>;
}

/** Returns the input of this process. Questions go to standard error: standard output is for results. */
export function processInput(): CommandInput {
  return {
    ask: process.stdin.isTTY ? askPerson : undefined,
    readAll: () => text(process.stdin),
  };
}

async function askPerson(question: string): Promise<string> {
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await asking.question(question);
  } finally {
    asking.close();
  }
}
