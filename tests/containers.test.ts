import { execFile } from "node:child_process";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { parsePrivacyKey } from "@lethe/privacy/privacy-key";
import { readSettings } from "@lethe/service-kit/settings";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
