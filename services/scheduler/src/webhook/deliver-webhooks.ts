import { ConfigurationError } from "@lethe/contracts/errors";
import type { Logger } from "@lethe/service-kit/logger";
import { type Delivery, deliverNext, fillOutbox, type OutboxMessage } from "@lethe/warehouse/feed/webhook-outbox";
import type { Pool } from "@lethe/warehouse/pool";
import type { SchedulerSettings } from "../settings.js";
import { createSigner, type SignMessage } from "./sign-message.js";

const ANSWER_MS = 15_000;

/** Where messages go, and how they are signed. */
export interface Webhook {
  readonly url: string;
  readonly sign: SignMessage;
}

/** Returns the webhook of the settings; undefined where none is set. Throws ConfigurationError for half of one. */
export function readWebhook({
  LETHE_WEBHOOK_URL: url,
  LETHE_WEBHOOK_SECRET: secret,
}: Pick<SchedulerSettings, "LETHE_WEBHOOK_URL" | "LETHE_WEBHOOK_SECRET">): Webhook | undefined {
  if (url === undefined && secret === undefined) return undefined;
  if (url === undefined || secret === undefined) {
    throw new ConfigurationError(
      "a webhook needs both LETHE_WEBHOOK_URL and LETHE_WEBHOOK_SECRET; set both or neither",
    );
  }
  if (!URL.canParse(url)) throw new ConfigurationError("LETHE_WEBHOOK_URL is no URL");
  return { url, sign: createSigner(secret) };
}

/**
 * Puts what the feed has brought into the outbox, and delivers what is due, oldest first, until the first failure: where one
 * message does not get through, the next would not either. What failed is tried again in a later call.
 */
export async function deliverWebhooks(pool: Pool, webhook: Webhook, log: Logger): Promise<void> {
  await fillOutbox(pool);
  for (;;) {
    const delivery = await deliverNext(pool, (message) => post(webhook, message));
    if (delivery === undefined) return;
    if (!delivery.confirmed) {
      log.warn({ failure: delivery.failure }, "the webhook's receiver did not confirm a message; it is sent again");
      return;
    }
  }
}

async function post({ url, sign }: Webhook, { id, body }: OutboxMessage): Promise<Delivery> {
  try {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", "user-agent": "lethe", ...sign(id, body, new Date()) },
      body,
      // A receiver that has moved must be told to Lethe: a signed message goes nowhere else by itself.
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    await answer.body?.cancel();
    return answer.ok ? { confirmed: true } : { confirmed: false, failure: `status ${answer.status}` };
  } catch (error) {
    // Its message may hold the address, and the address a secret.
    return { confirmed: false, failure: error instanceof Error ? error.name : "unknown" };
  }
}
