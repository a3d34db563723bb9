import { readFile } from "node:fs/promises";
import { InvalidInputError } from "@lethe/contracts/errors";
import { createDatasets } from "@lethe/datasets/all-datasets";
import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";
import type { CommandInput } from "./command-input.js";

export interface ErasureRequest {
  readonly customerId: string;
  readonly email: string;
}

/**
 * Reads an erasure request: from the file, else by asking the person at the terminal, else from standard input. It is one
 * JSON object, as a line of a requests file. Throws InvalidInputError, which quotes nothing of it.
 */
export async function readErasureRequest(input: CommandInput, file: string | undefined): Promise<ErasureRequest> {
  if (file !== undefined) return parseErasureRequest(await readRequestFile(file));
  if (input.ask === undefined) return parseErasureRequest(await input.readAll());
  const record = { "customer-id": (await input.ask("customer id: ")).trim(), email: await input.ask("email: ") };
  return toErasureRequest(record);
}

/** Reads a request from its JSON text. Throws InvalidInputError. */
export function parseErasureRequest(json: string): ErasureRequest {
  if (json.trim() === "") throw new InvalidInputError(`there is no request; hand in ${FORM} on standard input`);
  let record: unknown;
  try {
    record = JSON.parse(json);
  } catch {
    // The parser's own message quotes the text.
    throw new InvalidInputError(`the request is not JSON; it must be one object, ${FORM}`);
  }
  return toErasureRequest(record);
}

const FORM = '{"customer-id": "…", "email": "…"}';

// What the checks of the dataset let through.
const CheckedRequest = Type.Object({ "customer-id": Type.String(), email: Type.String() });
const checkedRequest = Compile(CheckedRequest);

function toErasureRequest(record: unknown): ErasureRequest {
  const misfit = createDatasets()["erasure-requests"].check(record);
  if (misfit !== undefined || !checkedRequest.Check(record)) {
    const { pointer, message } = misfit ?? { pointer: "", message: "it does not fit" };
    throw new InvalidInputError(`the request is wrong at "${pointer}": ${message}; it must be one object, ${FORM}`);
  }
  const request: Static<typeof CheckedRequest> = record;
  return { customerId: request["customer-id"], email: request.email };
}

async function readRequestFile(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new InvalidInputError("the file that --file names cannot be read", { cause: error });
  }
}
