import { expect, it } from "vitest";
import { createLackingCount } from "./count-lacking.js";

it("counts null, absent and blank fields, also below an object, and begins anew when it is taken", () => {
  const lacking = createLackingCount(["email", "segment", "address.city"]);
  lacking.count({ email: null, segment: "a", address: { city: " " } });
  lacking.count({ email: "", segment: "b", address: null });
  lacking.count({ segment: 0, address: {} });
  lacking.count("no object");
  expect(lacking.take()).toEqual({ email: [2, 3], "address.city": [1, 2] });
  expect(lacking.take()).toEqual({});
});
