/** The colours that what is drawn on a canvas takes from the style sheet. */
const NAMES = [
  ...(["text", "text-quiet", "surface", "surface-sunk", "line", "line-strong", "accent", "accent-sunk"] as const),
  ...(["good", "good-sunk", "warn", "warn-sunk", "bad", "bad-sunk", "busy", "busy-sunk"] as const),
];
export type Palette = Readonly<Record<(typeof NAMES)[number], string>>;

/** Reads the colours of the theme that applies within an element. */
export function readPalette(within: HTMLElement): Palette {
  const probe = document.createElement("span");
  probe.hidden = true;
  within.append(probe);
  const colours = NAMES.map((name) => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color] as const;
  });
  probe.remove();
  return Object.fromEntries(colours) as Palette;
}

/** Calls back when the theme changes, by the reader's choice or by their desktop's. Returns what ends that. */
export function onThemeChange(changed: () => void): () => void {
  const desktop = matchMedia("(prefers-color-scheme: dark)");
  const chosen = new MutationObserver(changed);
  desktop.addEventListener("change", changed);
  chosen.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  return () => {
    desktop.removeEventListener("change", changed);
    chosen.disconnect();
  };
}
