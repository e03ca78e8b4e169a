/** Numbers of one value: as a row of a table where they are few, as a strip and one chosen unit where they are many. */

import { h } from "../dom";
import { differs, text } from "../numbers";
import { table } from "../scale";

export const FEW = 8;

export interface Row {
  label: string;
  values: ArrayLike<number>;
  /** What was recorded, where something was changed. */
  before?: ArrayLike<number> | null;
  /** "input", "state", "output", "sum", "part". */
  kind: string;
  /** A gate is drawn as a valve. */
  gate?: boolean;
}

/** The largest size of several values, so that their bars compare. */
export function largestOf(rows: Row[]): number {
  let largest = 0;
  for (const { values } of rows)
    for (let i = 0; i < values.length; i++) {
      const size = Math.abs(values[i] ?? 0);
      if (size > largest && size < Infinity) largest = size;
    }
  return largest || 1;
}

/** A number over a bar from the middle: to the right above zero, to the left and hollow below. */
export function cell(value: number, largest: number, before?: number): HTMLElement {
  const share = Math.max(-1, Math.min(1, value / largest)) || 0;
  const bar = h("span", { class: share < 0 ? "bar negative" : "bar" });
  bar.style.width = `${Math.abs(share) * 50}%`;
  bar.style.left = share < 0 ? `${50 + share * 50}%` : "50%";
  const other = before !== undefined && differs(value, before);
  return h(
    "span",
    { class: other ? "cell-number other" : "cell-number" },
    text(value),
    other ? h("small", { class: "was" }, `was ${text(before)}`) : null,
    h("span", { class: "track", "aria-hidden": "true" }, bar),
  );
}

/** All values as coloured cells; a click chooses one. */
export function strip(row: Row, largest: number, chosen: number, choose: (unit: number) => void): HTMLCanvasElement {
  const count = row.values.length;
  const canvas = h("canvas", {
    class: "strip",
    width: count,
    height: 1,
    role: "img",
    "aria-label": `${row.label}: ${count} values, ${few(row.values)}`,
  });
  const context = canvas.getContext("2d");
  if (context) {
    const image = context.createImageData(count, 1);
    const pixels = new Uint32Array(image.data.buffer);
    const colours = table();
    for (let i = 0; i < count; i++) {
      const value = row.values[i] ?? NaN;
      const place = Math.max(-1, Math.min(1, value / largest));
      pixels[i] = colours[Number.isNaN(place) ? 256 : Math.round(((place + 1) / 2) * 255)] ?? 0;
    }
    context.putImageData(image, 0, 0);
  }
  canvas.addEventListener("click", (event) => {
    const box = canvas.getBoundingClientRect();
    choose(Math.max(0, Math.min(count - 1, Math.floor(((event.clientX - box.left) / box.width) * count))));
  });
  canvas.style.setProperty("--chosen", `${((chosen + 0.5) / count) * 100}%`);
  return canvas;
}

/** The first numbers, for who hears the page or wants digits. */
export function few(values: ArrayLike<number>): string {
  const shown = Array.from({ length: Math.min(3, values.length) }, (_, i) => text(values[i] ?? NaN));
  return shown.join(", ") + (values.length > 3 ? ", …" : "");
}
