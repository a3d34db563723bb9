import { Option } from "commander";

/**
 * Returns an option under a name that it once had: it still works, sets what the option of today's name sets, and is not shown. `key` is
 * the attribute of the option of today.
 */
export function formerly<T>(flags: string, key: string, parse: (text: string, before: T | undefined) => T): Option {
  const option = new Option(flags, `the former name of ${key}`).argParser<T | undefined>(parse).hideHelp();
  option.attributeName = () => key;
  return option;
}
