import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import axe from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import { CHROMIUM } from "./chromium.js";
import { fromRepository } from "./repository.js";

/** The sizes of a desktop's window and of a telephone in CSS pixels. */
export const SIZES = { wide: { width: 1280, height: 900 }, narrow: { width: 390, height: 844 } } as const;
export type Size = keyof typeof SIZES;
export const THEMES = ["light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

interface WindowOptions {
  readonly size?: Size;
  readonly theme?: Theme;
  /** Another server that the page may lead to, such as one that people sign in at. */
  readonly mayAsk?: string;
}

/** A browser that loads nothing but what the tested server serves. */
export interface TestBrowser {
  /** Opens a window of its own, without cookies, in the wide size and the light theme unless told otherwise. */
  open(address: string, options?: WindowOptions): Promise<Page>;
  close(): Promise<void>;
}

/** Starts Chromium. A page that asks another host for anything, or whose script throws, makes `close` throw. */
export async function startBrowser(): Promise<TestBrowser> {
  if (CHROMIUM === undefined) throw new Error("this machine has no Chromium");
  const browser: Browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--no-first-run"],
  });
  const faults: string[] = [];
  return {
    async open(address, { size = "wide", theme = "light", mayAsk } = {}) {
      const context = await browser.newContext({ viewport: SIZES[size], colorScheme: theme, reducedMotion: "reduce" });
      const page = await context.newPage();
      const { origin } = new URL(address);
      page.on("request", (request) => {
        const url = new URL(request.url());
        const isForeign = url.protocol.startsWith("http") && url.origin !== origin && url.origin !== mayAsk;
        if (isForeign) faults.push(`a page asked ${url.origin}`);
      });
      page.on("pageerror", (error) => faults.push(`a script threw: ${error.message}`));
      await page.goto(address);
      return page;
    },
    async close() {
      await browser.close();
      if (faults.length > 0) throw new Error(faults.join("\n"));
    },
  };
}

/** Returns what axe-core finds on a page that is serious or critical: the rule and the elements. */
export async function seriousFindings(page: Page): Promise<string[]> {
  // The page's own policy allows no script of others: this one comes from the debugger.
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: Axe };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
  });
}

interface Axe {
  run(): Promise<{
    violations: { id: string; impact: string; nodes: { target: string[] }[] }[];
  }>;
}

/** Waits until a page shows what it has asked for. */
export async function untilLoaded(page: Page): Promise<void> {
  await page.getByRole("heading", { level: 1 }).waitFor();
  const loading = page.getByText(/^Loading .* …$/);
  while ((await loading.count()) > 0) await loading.first().waitFor({ state: "detached" });
}

/** Reports by how many pixels a page is wider than its window; 0 where nobody has to scroll sideways. */
export function overflowOf(page: Page): Promise<number> {
  return page.evaluate<number>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
}

/**
 * Writes a picture of a page for the documents, if LETHE_SCREENSHOTS is set: pictures differ from machine to machine, so a usual
 * run of the tests leaves those that are there.
 */
export async function takePicture(page: Page, name: string): Promise<void> {
  if (process.env.LETHE_SCREENSHOTS === undefined) return;
  const folder = fromRepository("docs/images");
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
