import { expect, it } from "vitest";
import { withTimeout } from "./with-timeout.js";

const never = new Promise<never>(() => undefined);

it("returns what the work returns, and throws what it throws", async () => {
  expect(await withTimeout(Promise.resolve("done"), 60_000, () => "late")).toBe("done");
  await expect(withTimeout(Promise.reject(new RangeError("broken")), 60_000, () => "late")).rejects.toThrow("broken");
});

it("returns what is to stand for late work, or throws it", async () => {
  expect(await withTimeout(never, 1, () => "late")).toBe("late");
  const refuse = () => {
    throw new RangeError("late");
  };
  await expect(withTimeout(never, 1, refuse)).rejects.toThrow(new RangeError("late"));
});
