import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";
import { expect, test } from "vitest";
import { CLI_SETTINGS } from "../packages/cli/src/settings.ts";
import { ExtractorSettings } from "../services/extractor/src/settings.ts";
import { LoaderSettings } from "../services/loader/src/settings.ts";
import { SchedulerSettings } from "../services/scheduler/src/settings.ts";
import { TransformerSettings } from "../services/transformer/src/settings.ts";
import { envExample } from "./env-example.mjs";

const SCHEMAS = {
  lethe: CLI_SETTINGS,
  scheduler: SchedulerSettings.properties,
  extractor: ExtractorSettings.properties,
  transformer: TransformerSettings.properties,
  loader: LoaderSettings.properties,
};
const FILE = fileURLToPath(new URL("../.env.example", import.meta.url));

/** `npx vitest run --update --config vitest.unit.config.ts scripts/env-example.test.mjs` writes the file anew. */
test(".env.example is what the settings' schemas say", async () => {
  await expect(envExample(SCHEMAS)).toMatchFileSnapshot(FILE);
});

test("gives every setting its default, and a secret no value", () => {
  const settings = parseEnv(envExample(SCHEMAS).replaceAll(/^#(?=[A-Z])/gm, ""));
  expect(settings).toMatchObject({ LETHE_PORT: "8080", LETHE_CATCH_UP: "true", LETHE_LOG_LEVEL: "info" });
  for (const secret of ["DATABASE_URL", "REDIS_URL", "LETHE_PRIVACY_KEY", "LETHE_SIGNING_KEY", "LETHE_API_TOKEN"]) {
    expect(settings[secret], secret).toBe("");
  }
  const names = Object.values(SCHEMAS).flatMap((properties) => Object.keys(properties));
  expect(Object.keys(settings).sort()).toEqual([...new Set(names)].sort());
});

test("says once who reads a setting, and what it may be", () => {
  const level = { enum: ["low", "high"], default: "low", description: "The level" };
  const port = { minimum: 0, maximum: 9, default: 1, description: "The port" };
  const text = envExample({
    one: { LEVEL: level, PORT: port },
    two: { LEVEL: level, KEY: { description: "The key" } },
  });
  expect(text.split("\n\n").slice(1)).toEqual([
    "# The level.\n# One of: low, high\n# Read by: all\n#LEVEL=low",
    "# The port.\n# From 0 to 9\n# Read by: one\n#PORT=1",
    "# The key.\n# Read by: two\n#KEY=\n",
  ]);
});

test("refuses a setting that nobody describes, or that two programs describe differently", () => {
  expect(() => envExample({ one: { LEVEL: { default: 1 } } })).toThrow("LEVEL of one has no description");
  const level = { default: 1, description: "The level" };
  expect(() => envExample({ one: { LEVEL: level }, two: { LEVEL: { ...level, default: 2 } } })).toThrow(
    "LEVEL of two is not the setting that one reads",
  );
});
