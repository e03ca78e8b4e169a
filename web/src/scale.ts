/** One scale of colours for every heat map: blue below zero, paper at zero, orange above; its ends differ in
 * lightness from its middle, so that size shows without colour. */

import { interpolateRgb, piecewise } from "d3-interpolate";

const STEPS = 5;

const ENDS = {
  light: ["#08306b", "#4a90d9", "#f6f4ef", "#e8883a", "#7a2e00"],
  dark: ["#cfe6ff", "#3f8fe0", "#1b212b", "#d9772b", "#ffe0bf"],
};

export type Theme = keyof typeof ENDS;

export const NOT_A_NUMBER = { light: "#b0a8b9", dark: "#6a6175" };

const ramps = {
  light: piecewise(interpolateRgb, ENDS.light),
  dark: piecewise(interpolateRgb, ENDS.dark),
};

export const currentTheme = (): Theme => (document.documentElement.dataset["theme"] === "dark" ? "dark" : "light");

/** The colour of a place from -1 to 1. */
export const colour = (place: number, theme = currentTheme()): string => ramps[theme]((place + 1) / 2);

/** A value's place from -1 to 1; infinities stand at the ends. */
export const placeOf = (value: number, largest: number): number => Math.max(-1, Math.min(1, value / largest));

/** The class of a cell: "m5" to "m1" below zero, "z", "p1" to "p5" above, "nan". */
export function levelOf(value: number, largest: number): string {
  if (Number.isNaN(value)) return "nan";
  const level = Math.round(placeOf(value, largest) * STEPS);
  return level === 0 ? "z" : level < 0 ? `m${-level}` : `p${level}`;
}

/** Colours of all levels of a theme, for the style sheet. */
export function levelColours(theme: Theme): [string, string][] {
  const found: [string, string][] = [["nan", NOT_A_NUMBER[theme]]];
  for (let level = -STEPS; level <= STEPS; level++)
    found.push([level === 0 ? "z" : level < 0 ? `m${-level}` : `p${level}`, colour(level / STEPS, theme)]);
  return found;
}

/** 256 colours as 0xAABBGGRR, for canvases; the last is that of NaN. */
const tables = new Map<Theme, Uint32Array>();
export function table(theme = currentTheme()): Uint32Array {
  let found = tables.get(theme);
  if (!found) {
    found = new Uint32Array(257);
    for (let i = 0; i <= 256; i++) {
      const text = i === 256 ? NOT_A_NUMBER[theme] : colour((i / 255) * 2 - 1, theme);
      const parts = text.startsWith("#")
        ? [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16))
        : (text.match(/\d+/g) ?? []).map(Number);
      found[i] = (255 << 24) | ((parts[2] ?? 0) << 16) | ((parts[1] ?? 0) << 8) | (parts[0] ?? 0);
    }
    tables.set(theme, found);
  }
  return found;
}
