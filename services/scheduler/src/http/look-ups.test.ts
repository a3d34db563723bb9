import { LateAnswerError } from "@lethe/contracts/errors";
import { describe, expect, it } from "vitest";
import { LOOK_UPS_AT_ONCE, limitLookUps } from "./look-ups.js";

const never = () => new Promise<never>(() => {});

describe("look-ups", () => {
  it("are few at once, however many are asked for, and each has its turn", async () => {
    const answers: (() => void)[] = [];
    const lookUp = limitLookUps(
      (key: number) => new Promise<number>((resolve) => answers.push(() => resolve(key))),
      5_000,
    );
    const found = Promise.all(Array.from({ length: 10 }, (_, key) => lookUp(key)));
    for (let answered = 0; answered < 10; answered += 1) {
      await expect.poll(() => answers.length).toBe(Math.min(answered + LOOK_UPS_AT_ONCE, 10));
      answers[answered]?.();
    }
    expect(await found).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("that are late are an error, and keep their places", async () => {
    let asked = 0;
    const lookUp = limitLookUps((_key: string) => {
      asked += 1;
      return never();
    }, 20);
    const late = await Promise.allSettled(Array.from({ length: 10 }, () => lookUp("a")));
    for (const one of late) expect(one).toMatchObject({ reason: expect.any(LateAnswerError) });
    await expect(lookUp("a")).rejects.toThrow(LateAnswerError);
    expect(asked).toBe(LOOK_UPS_AT_ONCE);
  });
});
