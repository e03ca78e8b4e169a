/** Light or dark: as the machine has it, until somebody chooses. */

import type { App } from "./app";
import { h } from "./dom";
import { icon } from "./icon";
import { colour, currentTheme, levelColours, type Theme } from "./scale";

function dress(theme: Theme): void {
  const root = document.documentElement;
  root.dataset["theme"] = theme;
  for (const [level, shade] of levelColours(theme)) root.style.setProperty(`--${level}`, shade);
  const stops = [-1, -0.5, 0, 0.5, 1].map((place) => colour(place, theme));
  root.style.setProperty("--ramp", `linear-gradient(90deg, ${stops.join(", ")})`);
}

const dark = matchMedia("(prefers-color-scheme: dark)");
const preferred = (): Theme => (dark.matches ? "dark" : "light");

/** Before anything is drawn. */
export const dressAsPreferred = (): void => dress(preferred());

export function themeSwitch(app: App): HTMLElement {
  let chosen = false;
  const button = h("button", {
    type: "button",
    class: "theme",
    click: () => {
      chosen = true;
      change(currentTheme() === "dark" ? "light" : "dark");
    },
  });
  const show = () => {
    const dark = currentTheme() === "dark";
    button.replaceChildren(icon(dark ? "sun" : "moon"), dark ? "Light" : "Dark");
  };
  const change = (theme: Theme) => {
    dress(theme);
    show();
    app.emit("theme");
  };
  dark.addEventListener("change", () => {
    if (!chosen) change(preferred());
  });
  show();
  return button;
}
