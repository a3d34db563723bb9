import type { CheckMetric, CheckUnit } from "@lethe/contracts/checks";
import Type, { type Static } from "typebox";
import type { Band } from "./learn-band.js";

const Bound = Type.Number();
const Range = Type.Tuple([Type.Number(), Type.Number()]);

/** The operators of the Open Data Contract Standard 3.1. All that are stated must hold. */
const OPERATORS = {
  mustBe: Type.Optional(Bound),
  mustNotBe: Type.Optional(Bound),
  mustBeGreaterThan: Type.Optional(Bound),
  mustBeGreaterOrEqualTo: Type.Optional(Bound),
  mustBeLessThan: Type.Optional(Bound),
  mustBeLessOrEqualTo: Type.Optional(Bound),
  mustBeBetween: Type.Optional(Range),
  mustNotBeBetween: Type.Optional(Range),
} as const;

const OperatorsSchema = Type.Object(OPERATORS);
export type Operators = Static<typeof OperatorsSchema>;

const DESCRIPTION = {
  id: Type.Optional(Type.String({ pattern: "^[A-Za-z0-9_.-]{1,60}$" })),
  name: Type.Optional(Type.String()),
  description: Type.Optional(Type.String()),
  type: Type.Optional(Type.Literal("library")),
  dimension: Type.Optional(Type.String()),
} as const;

function ruleOf<M extends CheckMetric>(metrics: readonly M[], units: readonly CheckUnit[]) {
  return Type.Object(
    {
      ...DESCRIPTION,
      metric: Type.Enum([...metrics]),
      unit: Type.Optional(Type.Enum([...units])),
      ...OPERATORS,
    },
    { additionalProperties: false },
  );
}

/** A check of a dataset as a whole. Of freshness the unit is hours, of all others rows unless percent is stated. */
export const DatasetRuleSchema = ruleOf(
  ["rowCount", "duplicateValues", "invalidValues", "freshness"],
  ["rows", "percent", "hours"],
);

/** A check of one field. */
export const PropertyRuleSchema = ruleOf(["nullValues", "missingValues", "invalidValues"], ["rows", "percent"]);

export type QualityRule = Static<typeof DatasetRuleSchema> | Static<typeof PropertyRuleSchema>;

/** Returns what is wrong with a rule that has the right form, or undefined. */
export function problemOfRule(rule: QualityRule): string | undefined {
  if (Object.keys(operatorsOf(rule)).length === 0) return `states no condition, such as mustBeLessThan`;
  if (rule.metric === "rowCount" && rule.unit === "percent") return "rowCount is a number of rows, not a share";
  if (
    (rule.metric === "freshness") !== (rule.unit === "hours") &&
    (rule.metric !== "freshness" || rule.unit !== undefined)
  ) {
    return "freshness is measured in hours, and nothing else is";
  }
  const [least, most] = rule.mustBeBetween ?? [];
  if (least !== undefined && least === most)
    return `mustBeBetween leaves both bounds out, so nothing is between ${least} and itself`;
  for (const range of [rule.mustBeBetween, rule.mustNotBeBetween]) {
    if (range !== undefined && range[0] > range[1])
      return `has a range whose first bound, ${range[0]}, is above its second, ${range[1]}`;
  }
  return undefined;
}

/** Returns the rule's operators alone. */
export function operatorsOf(rule: QualityRule): Operators {
  const stated = Object.keys(OPERATORS).filter((name) => name in rule) as (keyof Operators)[];
  return Object.fromEntries(stated.map((name) => [name, rule[name]]));
}

/** Reports whether a value is as the operators say. `mustBeBetween` leaves its bounds out, as the standard defines it. */
export function holds(operators: Operators, value: number): boolean {
  const { mustBe, mustNotBe, mustBeGreaterThan, mustBeGreaterOrEqualTo } = operators;
  const { mustBeLessThan, mustBeLessOrEqualTo, mustBeBetween, mustNotBeBetween } = operators;
  return (
    (mustBe === undefined || value === mustBe) &&
    (mustNotBe === undefined || value !== mustNotBe) &&
    (mustBeGreaterThan === undefined || value > mustBeGreaterThan) &&
    (mustBeGreaterOrEqualTo === undefined || value >= mustBeGreaterOrEqualTo) &&
    (mustBeLessThan === undefined || value < mustBeLessThan) &&
    (mustBeLessOrEqualTo === undefined || value <= mustBeLessOrEqualTo) &&
    (mustBeBetween === undefined || isBetween(value, mustBeBetween)) &&
    (mustNotBeBetween === undefined || !isBetween(value, mustNotBeBetween))
  );
}

/** Returns the bounds that the operators set. What they leave out in between, and whether a bound itself is allowed, these do not tell. */
export function boundsOf(operators: Operators): Band {
  const { mustBe, mustBeGreaterThan, mustBeGreaterOrEqualTo, mustBeLessThan, mustBeLessOrEqualTo, mustBeBetween } =
    operators;
  const least = [mustBe, mustBeGreaterThan, mustBeGreaterOrEqualTo, mustBeBetween?.[0]].filter(
    (bound) => bound !== undefined,
  );
  const most = [mustBe, mustBeLessThan, mustBeLessOrEqualTo, mustBeBetween?.[1]].filter((bound) => bound !== undefined);
  return {
    least: least.length === 0 ? null : Math.max(...least),
    most: most.length === 0 ? null : Math.min(...most),
  };
}

function isBetween(value: number, [least, most]: readonly [number, number]): boolean {
  return value > least && value < most;
}

/** Returns the operators in words: `must be less than 5`. */
export function describeOperators(operators: Operators): string {
  return Object.entries(operators)
    .map(([name, bound]) => {
      const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
      return `${words} ${Array.isArray(bound) ? bound.join(" and ") : bound}`;
    })
    .join(", ");
}
