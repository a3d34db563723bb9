import { createHmac } from "node:crypto";
import { ConfigurationError } from "@lethe/contracts/errors";

const PREFIX = "whsec_";
const LEAST_BYTES = 24;
const MOST_BYTES = 64;

/** Returns the headers that prove whose a message is, for its id, its body and the attempt's time. */
export type SignMessage = (id: string, body: string, at: Date) => Readonly<Record<string, string>>;

/**
 * Creates the signer of webhooks as Standard Webhooks 1.0 says: HMAC-SHA-256 over id, time and body. Takes the secret as
 * `whsec_` and 24 to 64 bytes in base64; throws ConfigurationError for another one.
 */
export function createSigner(secret: string): SignMessage {
  const key = readSecret(secret);
  return (id, body, at) => {
    const timestamp = String(Math.floor(at.getTime() / 1_000));
    const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
    return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
  };
}

function readSecret(secret: string): Buffer {
  const text = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : "";
  const key = Buffer.from(text, "base64");
  // Node reads base64 leniently: a typing error would sign with another secret than the receiver has.
  if (key.toString("base64") !== text || key.length < LEAST_BYTES || key.length > MOST_BYTES) {
    throw new ConfigurationError(
      `LETHE_WEBHOOK_SECRET must be ${PREFIX} and ${LEAST_BYTES} to ${MOST_BYTES} random bytes in base64; ` +
        `\`echo "${PREFIX}$(openssl rand -base64 32)"\` makes one`,
    );
  }
  return key;
}
