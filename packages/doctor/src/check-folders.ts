import { access, constants, lstat, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Finding } from "@lethe/contracts/diagnosis";
import { FolderUnavailableError, LetheError } from "@lethe/contracts/errors";
import { explainFileError } from "@lethe/contracts/file-errors";
import { hasSystemCode } from "@lethe/contracts/system-error";
import { ignoresCase } from "@lethe/storage/case-of-names";
import { AREA_FOLDERS } from "@lethe/storage/folder-names";
import { requireFreeSpace, tryToWrite } from "@lethe/storage/probe-folder";
import type { Area } from "@lethe/storage/storage";
import { type Check, defineCheck } from "./check.js";
import { findingOf } from "./finding.js";

const RESTORE = "mount it or restore it, or name another folder in DATA_DIR";
const FEW_BYTES = 2 ** 30;
const PROBE_MODE = 0o600;

/** The data folder and its areas, as far as no service needs to run for it. */
export const FOLDER_CHECKS: readonly Check[] = [
  defineCheck({
    name: "folders",
    question: "Can every folder of DATA_DIR be written, has it room, and is it on one disk?",
    needs: [],
    isQuick: true,
    async find(_resources, { folder }) {
      const root = await stateOf(folder.path);
      if (root === undefined) {
        return [error("folder_missing", folder.path, "DATA_DIR is not there, or is no folder", RESTORE)];
      }
      const areas = Object.keys(AREA_FOLDERS) as Area[];
      const found = await Promise.all([
        problemsOf(folder.path, undefined, root),
        ...areas.map((area) => problemsOf(join(folder.path, AREA_FOLDERS[area]), area, root)),
      ]);
      return found.flat();
    },
  }),
  defineCheck({
    name: "case of names",
    question: "Does the disk of DATA_DIR tell names apart that differ in case alone?",
    needs: [],
    isQuick: true,
    async find(_resources, { folder }) {
      if ((await stateOf(folder.path)) === undefined || !(await ignoresCase(folder.path))) return [];
      return [
        {
          severity: "warning",
          code: "folder_ignores_case",
          where: folder.path,
          what: "the disk takes names that differ in case alone for one",
          remedy: "let no sender write two files whose names differ in case alone, or move DATA_DIR to another disk",
        },
      ];
    },
  }),
];

interface FolderState {
  readonly device: number;
  readonly owner: number;
  readonly mode: number;
}

/** Returns undefined where there is no folder. */
async function stateOf(path: string): Promise<FolderState | undefined> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true ? { device: found.dev, owner: found.uid, mode: found.mode } : undefined;
}

async function problemsOf(path: string, area: Area | undefined, root: FolderState): Promise<Finding[]> {
  const state = await stateOf(path);
  if (state === undefined) return missing(path);
  const findings: Finding[] = [];
  try {
    // Nothing that senders could take for theirs appears in landing.
    if (area === "landing") await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
    else await tryToWrite(path, PROBE_MODE);
    await requireFreeSpace(path);
    findings.push(...(await littleRoom(path)));
  } catch (thrown) {
    findings.push(unusable(path, thrown));
  }
  if (area !== undefined && area !== "landing" && state.device !== root.device) {
    findings.push(
      error(
        "folder_other_disk",
        path,
        "it is on another mount than DATA_DIR, so files cannot be moved there in one step",
        "put all folders of DATA_DIR but landing on one mount",
      ),
    );
  }
  if (state.owner !== root.owner) {
    findings.push(
      warning(
        "folder_of_other_user",
        path,
        `it belongs to user ${state.owner}, and DATA_DIR to user ${root.owner}`,
        "run every service as one user, and give the folder to it (chown -R)",
      ),
    );
  }
  // Where a folder is sticky, as of landing's, senders cannot take each other's files away.
  if (area !== "landing" && (state.mode & WRITABLE_BY_OTHERS) !== 0) {
    findings.push(
      warning(
        "folder_open_to_others",
        path,
        `everybody on this machine may write to it (mode ${(state.mode & PERMISSIONS).toString(8)})`,
        "take that right away (chmod o-w)",
      ),
    );
  }
  return findings;
}

const WRITABLE_BY_OTHERS = 0o002;
const PERMISSIONS = 0o7777;

/** What is not there is made when it is needed; but a file, or a link that leads nowhere, is in the way. */
async function missing(path: string): Promise<Finding[]> {
  try {
    await lstat(path);
    return [
      error("folder_missing", path, "it is a file, or a link that leads nowhere", "remove it, or restore the folder"),
    ];
  } catch (thrown) {
    return hasSystemCode(thrown, "ENOENT") ? [] : [unusable(path, thrown)];
  }
}

async function littleRoom(path: string): Promise<Finding[]> {
  const { bavail, bsize, blocks } = await statfs(path);
  const free = bavail * bsize;
  // A disk that small was meant to be.
  if (blocks === 0 || free >= FEW_BYTES || blocks * bsize <= 2 * FEW_BYTES) return [];
  return [
    warning(
      "folder_nearly_full",
      path,
      `${Math.floor(free / 2 ** 20)} MiB are left on its disk`,
      "free space, or lower LETHE_STAGING_BYTES",
    ),
  ];
}

function unusable(path: string, thrown: unknown): Finding {
  if (thrown instanceof FolderUnavailableError) return findingOf("error", thrown.code, path, thrown.message, RESTORE);
  const problem = explainFileError(thrown);
  if (problem !== undefined) return findingOf("error", problem.code, path, `it ${problem.message}`, RESTORE);
  const code = thrown instanceof LetheError ? thrown.code : "folder_broken";
  return error(code, path, "it cannot be used", "see the system's log");
}

function error(code: string, where: string, what: string, remedy: string): Finding {
  return { severity: "error", code, where, what, remedy };
}

function warning(code: string, where: string, what: string, remedy: string): Finding {
  return { severity: "warning", code, where, what, remedy };
}
