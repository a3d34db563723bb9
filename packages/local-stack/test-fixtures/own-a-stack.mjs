// Starts a local stack in the folder of its first argument and prints it as a line of JSON, for tests that kill it.
// Stops it and exits when its standard input ends.
import { startLocalStack } from "../dist/start-local-stack.js";

try {
  const stack = await startLocalStack({ directory: process.argv[2] });
  console.log(JSON.stringify(stack));
  process.stdin.resume().once("end", () => stack.stop());
} catch (error) {
  console.log(JSON.stringify({ code: error.code, message: error.message }));
}
