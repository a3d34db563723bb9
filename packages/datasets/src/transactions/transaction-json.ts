import type { CleanTransaction } from "./clean.js";

/**
 * Returns a cleaned transaction's JSON text, the same that `JSON.stringify` gives of it. That would read every character for
 * what needs an escape; here free text alone is read, for ids, numbers and times have been checked to be made of others.
 * It is a sixth of the time that a batch takes.
 */
export function transactionJson(t: CleanTransaction): string {
  const a = t.delivery_address;
  const address = `{"address":${textJson(a.address)},"postcode":${textJson(a.postcode)},"city":${textJson(a.city)},"country":${textJson(a.country)},"country_code":${textJson(a.country_code)}}`;
  let lines = "";
  for (let i = 0; i < t.purchases.length; i++) {
    const line = t.purchases[i];
    if (line === undefined) break;
    const separator = i === 0 ? "" : ",";
    lines += `${separator}{"sku":${line.sku},"quantity":${line.quantity},"price":"${line.price}","total":"${line.total}"}`;
  }
  return `{"transaction_id":"${t.transaction_id}","transaction_time":"${t.transaction_time}","customer_id":"${t.customer_id}","delivery_address":${address},"purchases":[${lines}],"total_cost":"${t.total_cost}"}`;
}

// All but controls, quote, backslash and surrogates, of which half a pair is escaped too.
const NEEDS_NO_ESCAPE = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/;

function textJson(text: string | null): string {
  if (text === null) return "null";
  return NEEDS_NO_ESCAPE.test(text) ? `"${text}"` : JSON.stringify(text);
}
