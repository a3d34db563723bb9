import { InvalidInputError } from "@lethe/contracts/errors";
import { createDatasets } from "@lethe/datasets/create-datasets";
import { describe, expect, it } from "vitest";
import { parseErasureRequest, readErasureRequest } from "./erasure-request.js";

const datasets = createDatasets();
const REQUEST = { customerId: "013000", email: "jane@example.org" };
const JSON_REQUEST = '{"customer-id": "013000", "email": "Jane@Example.org"}\n';

describe("an erasure request", () => {
  it("is read from standard input where nobody can be asked", async () => {
    expect(
      await readErasureRequest({ datasets, input: { ask: undefined, readAll: async () => JSON_REQUEST } }, undefined),
    ).toEqual(REQUEST);
  });

  it("is asked for on a terminal, whose end nobody waits for", async () => {
    const answers: Record<string, string> = { "customer id: ": " 013000", "email: ": "Jane@Example.org" };
    const input = {
      ask: async (question: string) => answers[question] ?? "",
      readAll: () => Promise.reject(new Error("nobody ends a terminal's input")),
    };
    expect(await readErasureRequest({ datasets, input }, undefined)).toEqual(REQUEST);
  });

  it.each([
    "",
    "013000 jane@example.org",
    "[]",
    "null",
    '{"customer-id": 13000, "email": "jane@example.org"}',
    '{"customer-id": "13000", "email": "jane@example.org"}',
    '{"customer-id": "013000", "email": "jane at example.org"}',
    '{"customer-id": "013000"}',
    '{"customer-id": "013000", "email": "jane@example.org", "why": "jane"}',
    `${JSON_REQUEST}${JSON_REQUEST}`,
  ])("is refused when it is %j, and not repeated", (text) => {
    expect(() => parseErasureRequest(text, datasets.requests)).toThrow(InvalidInputError);
    expect(() => parseErasureRequest(text, datasets.requests)).not.toThrow(/jane|13000/i);
  });

  it("is refused when its file cannot be read", async () => {
    const input = { ask: undefined, readAll: async () => JSON_REQUEST };
    await expect(readErasureRequest({ datasets, input }, "/nonexistent/request.json")).rejects.toThrow(
      InvalidInputError,
    );
  });
});
