import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigurationError } from "@lethe/contracts/errors";
import Type from "typebox";
import { describe, expect, it, onTestFinished } from "vitest";
import { API_TOKEN_SETTINGS, COMMON_SETTINGS, type Environment, readSettings } from "./settings.js";

const Schema = Type.Object({
  ...COMMON_SETTINGS,
  SECRET: Type.Optional(Type.String({ minLength: 8 })),
  COUNT: Type.Integer({ default: 3, minimum: 1, maximum: 64 }),
  STRICT: Type.Boolean({ default: false }),
});
const NEEDED = { DATABASE_URL: "postgres://localhost/lethe", REDIS_URL: "redis://localhost" };

function read(environment: Environment) {
  return readSettings(Schema, { ...NEEDED, ...environment });
}

function fileWith(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "lethe-settings-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "secret"), text);
  return join(folder, "secret");
}

describe("readSettings", () => {
  it("fills in defaults; an empty text counts as not given", () => {
    expect(read({ COUNT: "", SECRET: "", LETHE_LOG_LEVEL: "" })).toMatchObject({
      DATA_DIR: "var",
      LETHE_QUEUE_PREFIX: "lethe",
      LETHE_LOG_LEVEL: "info",
      LETHE_HEALTH_PORT: 0,
      COUNT: 3,
      STRICT: false,
    });
    expect(read({})).not.toHaveProperty("SECRET");
  });

  it("makes numbers and truth values of texts, and knows nothing of other variables", () => {
    expect(read({ COUNT: "64", STRICT: "true", HOME: "/root" })).toMatchObject({ COUNT: 64, STRICT: true });
    expect(read({ STRICT: "false" })).toMatchObject({ STRICT: false });
    expect(read({ HOME: "/root" })).not.toHaveProperty("HOME");
  });

  it("takes X from the file that X_FILE names, before X itself", () => {
    const SECRET_FILE = fileWith("from the file\n");
    expect(read({ SECRET_FILE })).toMatchObject({ SECRET: "from the file" });
    expect(read({ SECRET_FILE, SECRET: "from the variable" })).toMatchObject({ SECRET: "from the file" });
    expect(read({ SECRET_FILE: "", SECRET: "from the variable" })).toMatchObject({ SECRET: "from the variable" });
    expect(read({ COUNT_FILE: fileWith("7") })).toMatchObject({ COUNT: 7 });
  });

  it("refuses blanks alone, and an empty text for a secret that opens a door when it is missing", () => {
    for (const environment of [{ SECRET: "        " }, { COUNT: " " }, { LETHE_QUEUE_PREFIX: "\t" }]) {
      expect(() => read(environment)).toThrow(/blanks alone/);
    }
    const Door = Type.Object(API_TOKEN_SETTINGS);
    for (const text of ["", " ".repeat(20), "\u00a0".repeat(20)]) {
      expect(() => readSettings(Door, { LETHE_API_TOKEN: text })).toThrow(ConfigurationError);
    }
    for (const text of [
      " a-token-of-some-length",
      "a-token-of-some-length ",
      "a token of some length",
      "schlüssel-von-gewisser-länge",
    ]) {
      expect(() => readSettings(Door, { LETHE_API_TOKEN: text })).toThrow(ConfigurationError);
    }
    expect(() => readSettings(Door, { LETHE_API_TOKEN_FILE: "" })).toThrow(ConfigurationError);
    expect(() => readSettings(Door, { LETHE_API_TOKEN_FILE: fileWith(" \n") })).toThrow(ConfigurationError);
    expect(readSettings(Door, {})).toEqual({});
    expect(readSettings(Door, { LETHE_API_TOKEN: "a-token/of+some.length!" })).toHaveProperty("LETHE_API_TOKEN");
  });

  it("names a file that cannot be read by its setting", () => {
    expect(() => read({ SECRET_FILE: "/nonexistent/secret" })).toThrow(
      new ConfigurationError("the file that SECRET_FILE names cannot be read"),
    );
  });

  // An empty secret must not count as none: the service would run open.
  it("refuses a file that is empty", () => {
    for (const text of ["", "\n"]) {
      for (const name of ["SECRET", "COUNT", "DATA_DIR"]) {
        expect(() => read({ [`${name}_FILE`]: fileWith(text) })).toThrow(
          new ConfigurationError(`the file that ${name}_FILE names is empty`),
        );
      }
    }
  });

  it.each([
    ["COUNT", "0"],
    ["COUNT", "65"],
    ["COUNT", "1.5"],
    ["COUNT", "0x10"],
    ["COUNT", "1e1"],
    ["COUNT", "true"],
    ["COUNT", "8 MiB"],
    ["STRICT", "yes"],
    ["STRICT", "2"],
    ["SECRET", "hunter2"],
    ["LETHE_LOG_LEVEL", "verbose"],
    ["LETHE_QUEUE_PREFIX", "with:colon"],
    ["DATABASE_URL", "mysql://jane:hunter2@localhost"],
  ])("names %s as wrong, and does not repeat %j", (name, value) => {
    const fail = () => read({ [name]: value });
    expect(fail).toThrow(ConfigurationError);
    expect(fail).toThrow(new RegExp(`^wrong settings: ${name} `));
    expect(fail).not.toThrow(value);
  });

  it("names every setting that is missing or wrong at once", () => {
    const fail = () => readSettings(Schema, { COUNT: "none", STRICT: "perhaps" });
    for (const name of ["DATABASE_URL", "REDIS_URL", "COUNT", "STRICT"]) expect(fail).toThrow(name);
  });
});
