import { effect, signal } from "@preact/signals";

const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];
/** The name of the choice in the browser's storage. */
const KEY = "lethe-theme";

/** The theme that the reader has chosen; `system` follows that of their desktop. */
export const theme = signal<Theme>(readTheme());

/** Applies the theme to the document, now and whenever it changes. */
export function applyTheme(): void {
  effect(() => {
    if (theme.value === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme.value;
    localStorage.setItem(KEY, theme.value);
  });
}

/** Chooses the next theme: system, light, dark, and system again. */
export function changeTheme(): void {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? "system";
}

function readTheme(): Theme {
  const kept = localStorage.getItem(KEY);
  return THEMES.find((known) => known === kept) ?? "system";
}
