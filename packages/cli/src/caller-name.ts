import { ConfigurationError, RoleRequiredError } from "@lethe/contracts/errors";
import { type Caller, mayAct, type Role, UNNAMED_CALLERS } from "@lethe/contracts/roles";
import { type Environment, readSettings } from "@lethe/service-kit/settings";
import { findCaller, isNamedToken } from "@lethe/warehouse/access/api-tokens";
import type { Queryable } from "@lethe/warehouse/pool";
import Type from "typebox";
import { CLI_SETTINGS } from "./settings.js";

const TokenSetting = Type.Object({ LETHE_API_TOKEN: CLI_SETTINGS.LETHE_API_TOKEN });

/** Returns the name under which a decision of the command is recorded: see `readCaller`. */
export async function callerName(environment: Environment, db: Queryable, needed: Role): Promise<string> {
  return (await readCaller(environment, db, needed)).name;
}

/**
 * Returns who uses the command: the named token in LETHE_API_TOKEN, else `command-line`. The user of the machine is never recorded. Throws
 * RoleRequiredError when the token's role may not do what `needed` may, and ConfigurationError for a named token that was revoked.
 */
export async function readCaller(environment: Environment, db: Queryable, needed: Role): Promise<Caller> {
  const { LETHE_API_TOKEN: token } = readSettings(TokenSetting, environment);
  if (token === undefined || !isNamedToken(token)) return UNNAMED_CALLERS.commandLine;
  const caller = await findCaller(db, token);
  if (caller === undefined) {
    throw new ConfigurationError("LETHE_API_TOKEN holds a token that is not known, or was revoked; use another one");
  }
  if (!mayAct(caller.role, needed)) throw new RoleRequiredError(needed, caller.name, caller.role);
  return caller;
}
