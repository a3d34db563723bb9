import Type, { type Static } from "typebox";

/** A decimal of MONEY_PATTERN's form that is greater than 0. */
const POSITIVE_MONEY = "^(?!0+(\\.0+)?$)\\d{1,10}(\\.\\d{1,4})?$";
const RequiredText = Type.String({ pattern: "\\S", description: "text that is not blank" });

/** A product's number; PostgreSQL's `integer` bounds it. */
export const Sku = Type.Integer({ minimum: 1, maximum: 2_147_483_647 });

export const PRODUCT_FIELDS = {
  sku: Sku,
  name: RequiredText,
  price: Type.String({
    pattern: POSITIVE_MONEY,
    description: "an amount above zero with at most four decimals, such as 2.50",
  }),
  category: RequiredText,
  popularity: Type.Number({ exclusiveMinimum: 0 }),
} as const;

const ProductSchema = Type.Object(PRODUCT_FIELDS);
export type RawProduct = Static<typeof ProductSchema>;
