import { InvalidInputError } from "@lethe/contracts/errors";
import type { Datasets } from "@lethe/datasets/create-datasets";
import type { CommandContext } from "./command-context.js";
import { readNamedFile } from "./named-files.js";

export interface ErasureRequest {
  readonly customerId: string;
  /** Cleaned. */
  readonly email: string;
}

type RequestDataset = Datasets["requests"];

/**
 * Reads an erasure request: from the file, else by asking the person at the terminal, else from standard input. It is one
 * JSON object, as a line of a requests file. Throws InvalidInputError, which quotes nothing of it.
 */
export async function readErasureRequest(
  { input, datasets: { requests } }: Pick<CommandContext, "input" | "datasets">,
  file: string | undefined,
): Promise<ErasureRequest> {
  if (file !== undefined) return parseErasureRequest(await readNamedFile(file, "--file"), requests);
  if (input.ask === undefined) return parseErasureRequest(await input.readAll(), requests);
  const customerId = (await input.ask("customer id: ")).trim();
  return toErasureRequest(requests.erasure.toRecord(customerId, await input.ask("email: ")), requests);
}

/** Reads a request from its JSON text. Throws InvalidInputError. */
export function parseErasureRequest(json: string, requests: RequestDataset): ErasureRequest {
  const form = requestForm(requests);
  if (json.trim() === "") throw new InvalidInputError(`there is no request; hand in ${form} on standard input`);
  let record: unknown;
  try {
    record = JSON.parse(json);
  } catch {
    // The parser's own message quotes the text.
    throw new InvalidInputError(`the request is not JSON; it must be one object, ${form}`);
  }
  return toErasureRequest(record, requests);
}

/** Returns the form of a request, for help texts and errors. */
export function requestForm(requests: RequestDataset): string {
  const fields = Object.entries(requests.erasure.toRecord("…", "…"));
  return `{${fields.map(([name, value]) => `"${name}": "${value}"`).join(", ")}}`;
}

function toErasureRequest(record: unknown, requests: RequestDataset): ErasureRequest {
  const misfit = requests.check(record);
  const { customerId, email } = requests.subjectOf(record);
  if (misfit === undefined && customerId !== null && email !== null) return { customerId, email };
  const { pointer, message } = misfit ?? { pointer: "", message: "it does not say whose it is" };
  throw new InvalidInputError(
    `the request is wrong at "${pointer}": ${message}; it must be one object, ${requestForm(requests)}`,
  );
}
