/** A block of rows on the page: a table of units where they are few, strips where they are many. */

import { h } from "../dom";
import { text } from "../numbers";
import type { Block } from "./values";
import { valve } from "./valve";
import { cell, FEW, few, largestOf, strip, type Row } from "./vector";

export function blockOf(block: Block, chosen: number, choose: (unit: number) => void): HTMLElement {
  const shared = largestOf(block.rows.filter((row) => row.kind !== "sum"));
  /** A gate is compared with 1, a result with itself, everything else with what stands in the same block. */
  const largest = (row: Row): number => (row.gate ? 1 : row.kind === "sum" ? largestOf([row]) : shared);
  const head = h(
    "figcaption",
    {},
    h("strong", {}, block.title),
    block.formula ? h("code", {}, block.formula) : null,
  );
  const body: HTMLElement[] = [];
  let together: Row[] = [];
  const close = () => {
    if (together.length) body.push(tableOf(together, block.title, largest));
    together = [];
  };
  for (const row of block.rows) {
    const width = together[0]?.values.length;
    if (row.values.length > FEW || (width !== undefined && width !== row.values.length)) close();
    if (row.values.length <= FEW) together.push(row);
    else body.push(stripOf(row, largest(row), chosen, choose));
  }
  close();
  return h("figure", { class: "block" }, head, ...body);
}

/** One column for each unit: read a column from top to bottom. */
function tableOf(rows: Row[], title: string, largest: (row: Row) => number): HTMLElement {
  const count = rows[0]?.values.length ?? 0;
  const body = h("tbody");
  for (const row of rows) {
    const line = h("tr", { class: row.kind }, h("th", { scope: "row" }, row.label));
    for (let i = 0; i < count; i++)
      line.append(h("td", {}, cell(row.values[i] ?? NaN, largest(row), row.before ? (row.before[i] ?? NaN) : undefined)));
    body.append(line);
    if (row.gate) {
      const valves = h("tr", { class: "valves" }, h("th", { scope: "row" }, "as a valve"));
      for (let i = 0; i < count; i++) valves.append(h("td", {}, valve(row.values[i] ?? NaN)));
      body.append(valves);
    }
  }
  const head = h("tr", {}, h("td", { class: "axis-name" }, rows.every((row) => row.kind === "input") ? "number" : "unit"));
  for (let i = 0; i < count; i++) head.append(h("th", { scope: "col" }, String(i + 1)));
  return h(
    "div",
    { class: "scrolls", tabindex: 0, role: "region", "aria-label": `${title}: ${rows.map((row) => row.label).join(", ")}` },
    h("table", { class: "units" }, h("thead", {}, head), body),
  );
}

function stripOf(row: Row, largest: number, chosen: number, choose: (unit: number) => void): HTMLElement {
  const unit = Math.min(chosen, row.values.length - 1);
  const value = row.values[unit] ?? NaN;
  const before = row.before?.[unit];
  return h(
    "div",
    { class: `wide ${row.kind}` },
    h("span", { class: "label" }, row.label, h("small", {}, few(row.values))),
    h("span", { class: "strip-frame" }, strip(row, largest, unit, choose), pointer(unit, row.values.length)),
    row.gate ? valve(value, row.label) : cell(value, largest, before),
    row.gate ? h("small", { class: "mean" }, `unit ${unit + 1}: ${text(value)}; mean of all ${text(mean(row.values))}`) : null,
  );
}

function pointer(unit: number, count: number): HTMLElement {
  const drawn = h("span", { class: "pointer", "aria-hidden": "true" });
  drawn.style.left = `${((unit + 0.5) / count) * 100}%`;
  return drawn;
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ?? NaN;
  return sum / values.length;
}
