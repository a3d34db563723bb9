import Type, { type Static, type TProperties } from "typebox";
import { MONEY_PATTERN, SIGNED_MONEY_PATTERN } from "../cleaning/money.js";
import { CUSTOMER_REFERENCE_PATTERN } from "../customers/schema.js";
import { Sku } from "../products/schema.js";

const OptionalText = Type.Union([Type.String(), Type.Null()]);
const Money = Type.String({
  pattern: MONEY_PATTERN,
  description: "an amount with at most four decimals, such as 2.50",
});
/** What is below zero is a refund, about which a setting decides. */
const SignedMoney = Type.String({
  pattern: SIGNED_MONEY_PATTERN,
  description: "an amount with at most four decimals, such as 2.50",
});
const Quantity = Type.Integer({ minimum: -2_147_483_648, maximum: 2_147_483_647 });
const UUID_PATTERN = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$";
/** `purchases.line` is a smallint. */
const MOST_LINES = 32_767;

const record = <P extends TProperties>(fields: P) => Type.Object(fields, { additionalProperties: false });

/** The addresses' fields may be null since an erased person's are. */
export const TransactionSchema = record({
  transaction_id: Type.String({ pattern: UUID_PATTERN, description: "a UUID" }),
  transaction_time: Type.String({ maxLength: 200 }),
  customer_id: Type.String({ pattern: CUSTOMER_REFERENCE_PATTERN, description: "six digits" }),
  delivery_address: record({
    address: OptionalText,
    postcode: OptionalText,
    city: OptionalText,
    country: OptionalText,
  }),
  purchases: record({
    products: Type.Array(
      record({
        sku: Sku,
        /** So spelt at the source; one of the two spellings must be there. */
        quanitity: Type.Optional(Quantity),
        quantity: Type.Optional(Quantity),
        price: Money,
        total: SignedMoney,
      }),
      { minItems: 1, maxItems: MOST_LINES },
    ),
    total_cost: SignedMoney,
  }),
});
export type RawTransaction = Static<typeof TransactionSchema>;

/** Names under which the source may send a field instead of its own, of which one must be there. */
export const SPELLINGS = { quanitity: "quantity" } as const;
