import Type, { type Static } from "typebox";

const Minutes = Type.Integer({ minimum: 1, maximum: 60 * 24 * 14 });
const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] as const;

/** Which partitions of a dataset are expected, and by when, where that is not to be learnt from those that came. */
export const ArrivalSchema = Type.Object(
  {
    /** `never`: none. Hours and weekdays are those of the partitions' names; without weekdays every day is meant. */
    expected: Type.Optional(
      Type.Union([
        Type.Literal("never"),
        Type.Object(
          {
            hours: Type.Array(Type.Integer({ minimum: 0, maximum: 23 }), { minItems: 1 }),
            weekdays: Type.Optional(Type.Array(Type.Enum([...WEEKDAYS]), { minItems: 1 })),
          },
          { additionalProperties: false },
        ),
      ]),
    ),
    /** After the end of the partition's hour. */
    lateAfterMinutes: Type.Optional(Minutes),
    missingAfterMinutes: Type.Optional(Minutes),
  },
  { additionalProperties: false },
);
export type ArrivalRule = Static<typeof ArrivalSchema>;

/** Returns the name of a day by its number, from 0 for Sunday. */
export function weekdayName(day: number): (typeof WEEKDAYS)[number] {
  return WEEKDAYS[day % 7] ?? "sunday";
}
