import { ConfigurationError } from "@lethe/contracts/errors";
import { ROLES, type Role } from "@lethe/contracts/roles";

/** Which value of the claim stands for which role, in the order of the setting. */
export type RoleMap = ReadonlyMap<string, Role>;

/** Reads `LETHE_OIDC_ROLES`, such as `lethe-admins=admin,support=privacy-officer`. Throws ConfigurationError. */
export function parseRoleMap(text: string): RoleMap {
  const map = new Map<string, Role>();
  for (const pair of text.split(",")) {
    // A group's name may hold the sign.
    const sign = pair.lastIndexOf("=");
    const value = pair.slice(0, Math.max(0, sign)).trim();
    const role = ROLES.find((known) => known === pair.slice(sign + 1).trim());
    if (value === "" || role === undefined) {
      throw new ConfigurationError(
        `LETHE_OIDC_ROLES must be pairs of a value and a role, such as lethe-admins=admin,support=privacy-officer; roles are ${ROLES.join(", ")}`,
      );
    }
    if (map.has(value)) throw new ConfigurationError("LETHE_OIDC_ROLES has a value twice; give each one role");
    map.set(value, role);
  }
  return map;
}

/**
 * Returns the role of somebody with these claims; undefined where none of the claim's values stands for one. Of several, the first in
 * the order of the setting counts. `name` is a claim's name, or a path with dots to what lies within one.
 */
export function claimedRole(claims: Readonly<Record<string, unknown>>, name: string, map: RoleMap): Role | undefined {
  const claimed = valueAt(claims, name);
  const values = new Set(Array.isArray(claimed) ? claimed : [claimed]);
  for (const [value, role] of map) if (values.has(value)) return role;
  return undefined;
}

function valueAt(claims: Readonly<Record<string, unknown>>, name: string): unknown {
  // Some providers name their claims by addresses, which have dots.
  if (Object.hasOwn(claims, name)) return claims[name];
  let place: unknown = claims;
  for (const step of name.split(".")) {
    if (typeof place !== "object" || place === null || !Object.hasOwn(place, step)) return undefined;
    place = (place as Record<string, unknown>)[step];
  }
  return place;
}
