/** Numbers as a reader meets them: a true minus, NaN and ∞ by name. */

import type { Num } from "./report";

export function finite(value: Num | null | undefined): number {
  if (value === null || value === undefined) return NaN;
  return typeof value === "number" ? value : Number(value);
}

/** Three significant digits; what is very small or very large with a power of ten. */
export function text(value: Num, digits = 3): string {
  const number = finite(value);
  if (Number.isNaN(number)) return "NaN";
  if (!Number.isFinite(number)) return number > 0 ? "∞" : "−∞";
  if (number === 0) return "0";
  const size = Math.abs(number);
  let shown: string;
  if (size >= 1e6 || size < 1e-4) shown = size.toExponential(1);
  else if (size >= 100) shown = String(Math.round(size * 10) / 10);
  else shown = size < 1 ? size.toFixed(digits) : size.toPrecision(digits + 1).slice(0, digits + 2);
  if (!shown.includes("e") && Number(shown) === 0) shown = size.toExponential(1);
  return (number < 0 ? "−" : "") + shown;
}

/** As short as a glyph needs: at most six characters. */
export function brief(value: number): string {
  if (!Number.isFinite(value)) return text(value);
  const size = Math.abs(value);
  const sign = value < 0 ? "−" : "";
  if (size >= 1e5) return sign + size.toExponential(0).replace("+", "");
  if (size >= 1000) return sign + Math.round(size);
  if (size >= 10) return sign + size.toFixed(1);
  const shown = size.toFixed(2);
  return (Number(shown) === 0 ? "" : sign) + shown;
}

export const percent = (value: number): string =>
  Number.isFinite(value) ? `${(value * 100).toFixed(value > 0.0995 || value === 0 ? 0 : 1)} %` : text(value);

/** With its unit, where it has one. */
export const withUnit = (shown: string, unit: string): string => (unit ? `${shown} ${unit}` : shown);

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString("en")} ${count === 1 ? one : many}`;

/** Two numbers that differ by more than rounding; NaN equals NaN here. */
export function differs(a: number, b: number): boolean {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) !== Number.isNaN(b);
  if (!Number.isFinite(a) || !Number.isFinite(b)) return a !== b;
  return Math.abs(a - b) > 1e-4 * Math.max(1, Math.abs(a), Math.abs(b));
}

/** A name that would be invisible, made visible. */
export const visible = (name: string): string =>
  name === " " ? "␣" : name === "\n" ? "↵" : name === "\t" ? "⇥" : name.length === 1 ? `“${name}”` : name;
