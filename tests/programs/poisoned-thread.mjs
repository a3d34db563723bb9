// A thread of the transformer with a planted weakness: a record that holds one of these words exhausts it.
import { serveBatches } from "../../services/transformer/dist/serve-batches.js";

const CAUSES = {
  "poison-memory"() {
    const kept = [];
    for (;;) kept.push(new Array(4_000_000).fill(0));
  },
  "poison-stack": function descend() {
    return 1 + descend();
  },
  "poison-regex"() {
    // 2 to the power of 64 ways to find out that it does not match.
    /^(a+)+$/.test(`${"a".repeat(64)}!`);
  },
  // As JSON.parse does: the message quotes what it stumbled over.
  "poison-throw"(text) {
    throw new TypeError(text);
  },
};

serveBatches((text) => {
  for (const [word, cause] of Object.entries(CAUSES)) if (text.includes(word)) cause(text);
});
