/** Values as a reader can take them in: few as numbers with bars, many as a strip of coloured cells. */

import { s } from "../dom";
import { brief, differs } from "../numbers";
import { levelOf } from "../scale";

export interface GlyphSize {
  columns: number;
  rows: number;
  width: number;
  height: number;
  /** Numbers, or cells. */
  numbers: boolean;
  /** The width of a number with its bar. */
  unit: number;
}

const LINE = 15;
const UNIT = 68;
const MOST_CELLS = 1024;

/** How large a glyph of so many values is; `small` on a phone. */
export function glyphSize(count: number, small = false): GlyphSize {
  const unit = small ? UNIT - 10 : UNIT;
  if (count <= 8) {
    const columns = count > 4 ? 2 : 1;
    const rows = Math.max(1, Math.ceil(count / columns));
    return { columns, rows, width: columns * unit + 4, height: rows * LINE + 6, numbers: true, unit };
  }
  const shown = Math.min(count, MOST_CELLS);
  const columns = shown <= 32 ? 8 : shown <= 128 ? 16 : 32;
  const rows = Math.ceil(shown / columns);
  const width = small ? 84 : 112;
  const side = (width - 8) / columns;
  return { columns, rows, width, height: rows * Math.max(3, Math.min(side, 9)) + 8, numbers: false, unit };
}

export type Kind = "input" | "output" | "state";

/**
 * A glyph with its upper left corner at the origin.
 *
 * @param shown What is written; bars and colours follow `values`, which are comparable with one another.
 * @param before What was recorded, where something was changed.
 * @param largest The value of a full bar.
 */
export function glyph(
  kind: Kind,
  values: ArrayLike<number>,
  shown: ArrayLike<number>,
  before: ArrayLike<number> | null,
  largest: number,
  small = false,
): SVGGElement {
  const size = glyphSize(values.length, small);
  const group = s("g", { class: `glyph ${kind}` });
  const round = kind === "state" ? 9 : kind === "input" ? 4 : 0;
  group.append(s("rect", { class: "frame", width: size.width, height: size.height, rx: round }));
  if (size.numbers) numbers(group, size, values, shown, before, largest);
  else cells(group, size, values, largest);
  const changes = before ? count(values, before) : 0;
  if (changes) group.append(mark(size.width, changes));
  return group;
}

function count(values: ArrayLike<number>, before: ArrayLike<number>): number {
  let changes = 0;
  for (let i = 0; i < values.length; i++) if (differs(values[i] ?? NaN, before[i] ?? NaN)) changes++;
  return changes;
}

function mark(x: number, changes: number): SVGGElement {
  return s(
    "g",
    { class: "changed", transform: `translate(${x}, 0)` },
    s("title", {}, `${changes} changed`),
    s("path", { d: "M0 -7 L7 0 L0 7 L-7 0 Z" }),
  );
}

function numbers(
  group: SVGGElement,
  size: GlyphSize,
  values: ArrayLike<number>,
  shown: ArrayLike<number>,
  before: ArrayLike<number> | null,
  largest: number,
): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? NaN;
    const left = 3 + Math.floor(i / size.rows) * size.unit;
    const top = 3 + (i % size.rows) * LINE;
    const half = size.unit === UNIT ? 10 : 7;
    const zero = left + half + 1;
    const length = (v: number) => half * Math.max(-1, Math.min(1, v / largest)) || 0;
    const bar = length(value);
    group.append(
      s("line", { class: "zero", x1: zero, x2: zero, y1: top + 2, y2: top + LINE - 2 }),
      s("rect", {
        class: bar < 0 ? "bar negative" : "bar",
        x: Math.min(zero, zero + bar),
        y: top + 4,
        width: Math.max(0.5, Math.abs(bar)),
        height: LINE - 8,
      }),
    );
    const was = before?.[i] ?? NaN;
    const other = before !== null && differs(value, was);
    if (other && Number.isFinite(was))
      group.append(s("line", { class: "was", x1: zero + length(was), x2: zero + length(was), y1: top + 1, y2: top + LINE - 1 }));
    group.append(
      s("text", { class: other ? "number other" : "number", x: left + size.unit - 5, y: top + 11.5, "text-anchor": "end" }, brief(shown[i] ?? NaN)),
    );
  }
}

/** One path for each colour, however many cells there are. */
function cells(group: SVGGElement, size: GlyphSize, values: ArrayLike<number>, largest: number): void {
  const wide = (size.width - 8) / size.columns;
  const high = (size.height - 8) / size.rows;
  const paths = new Map<string, string>();
  const shown = Math.min(values.length, MOST_CELLS);
  for (let i = 0; i < shown; i++) {
    const level = levelOf(values[i] ?? NaN, largest);
    const x = 4 + (i % size.columns) * wide;
    const y = 4 + Math.floor(i / size.columns) * high;
    const cell = `M${x.toFixed(2)} ${y.toFixed(2)}h${wide.toFixed(2)}v${high.toFixed(2)}h-${wide.toFixed(2)}z`;
    paths.set(level, (paths.get(level) ?? "") + cell);
  }
  for (const [level, d] of paths) group.append(s("path", { class: `cell ${level}`, d }));
}
