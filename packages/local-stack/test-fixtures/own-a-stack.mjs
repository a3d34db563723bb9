// Starts a local stack in the folder of its first argument, prints it as a line of JSON and stays, for tests that kill it.
import { startLocalStack } from "../dist/start-local-stack.js";

try {
  const stack = await startLocalStack({ directory: process.argv[2] });
  console.log(JSON.stringify(stack));
  process.stdin.resume();
} catch (error) {
  console.log(JSON.stringify({ code: error.code, message: error.message }));
}
