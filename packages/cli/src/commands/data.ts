import { type Environment, readSettings } from "@lethe/service-kit/settings";
import { openDataFolder } from "@lethe/storage/data-folder";
import { adoptFolder } from "@lethe/warehouse/installation";
import type { Command } from "commander";
import Type from "typebox";
import type { CommandContext } from "../command-context.js";
import { databaseSetting, dataDirectory } from "../connection-settings.js";
import { withDatabase } from "../connections.js";
import { CLI_SETTINGS } from "../settings.js";

const FilesSetting = Type.Object({ LETHE_FILES_GROUP_READABLE: CLI_SETTINGS.LETHE_FILES_GROUP_READABLE });

/** Adds `lethe data adopt`. */
export function addDataCommand(program: Command, context: CommandContext): void {
  program
    .command("data")
    .summary("accept a data folder")
    .command("adopt")
    .summary("make DATA_DIR the folder of the database's installation")
    .description(
      "Marks the folder that DATA_DIR names as the one that the database's installation works on, whatever it was before. For a folder that " +
        "was restored without its marker, or that takes the place of one whose files are lost. All services must then have this folder.",
    )
    .option("--json", "print JSON instead of text")
    .action(async ({ json }: { readonly json?: true }) => {
      const folder = openFolder(context.environment);
      const id = await withDatabase(await databaseSetting(context.environment), async (pool) => {
        await folder.requireUsable();
        return adoptFolder(pool, folder.installation);
      });
      if (json === true) context.terminal.print(JSON.stringify({ folder: folder.path, installation: id }));
      else context.terminal.print(`${folder.path} belongs to installation ${id}`);
    });
}

function openFolder(environment: Environment) {
  const { LETHE_FILES_GROUP_READABLE: isGroupReadable } = readSettings(FilesSetting, environment);
  return openDataFolder(dataDirectory(environment), { isGroupReadable });
}
