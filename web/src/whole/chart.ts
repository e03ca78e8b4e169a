/** Lines over time, with a band of uncertainty and a mark at the current instant. */

import { scaleLinear, scaleLog } from "d3-scale";
import { area, line } from "d3-shape";
import type { App } from "../app";
import { h, s } from "../dom";
import { text, withUnit } from "../numbers";
import { whenSeen } from "../seen";
import { instantAt, LEFT, RIGHT, timeAxis } from "./axis";

export interface ChartLine {
  name: string;
  /** "input", "output", "truth", "recorded", or "a" to "f" for lines of equal rank. */
  style: string;
  from: number;
  values: ArrayLike<number>;
}

export interface ChartContent {
  title: string;
  unit: string;
  lines: ChartLine[];
  band?: { name: string; from: number; lower: ArrayLike<number>; upper: ArrayLike<number> } | null;
  log?: boolean;
  height?: number;
  /** The axis counts time instances back, or steps ahead, instead of naming those of the sequence. */
  counts?: "back" | "ahead";
  /** Where the sequence ends and a forecast begins. */
  until?: number;
}

/** A chart that draws itself anew when the page, the instant or its content changes. */
export function chart(app: App, content: () => ChartContent | null): HTMLElement {
  const plot = h("div", { class: "plot" });
  const head = h("figcaption", {});
  const element = h("figure", { class: "chart" }, head, plot);
  let width = 0;
  let mark: SVGGElement | null = null;
  let last: { content: ChartContent; steps: number; x: (t: number) => number } | null = null;

  const show = () => {
    const found = content();
    element.hidden = found === null;
    if (!found || width < 50) return;
    const steps = Math.max(found.counts ? 2 : app.run.steps, ...found.lines.map((one) => one.from + one.values.length));
    const drawing = draw(app, found, width, steps);
    mark = s("g", { class: "now" });
    drawing.svg.append(mark);
    drawing.svg.addEventListener("click", (event) => {
      if (!found.counts) app.step = instantAt(event, drawing.svg, width, steps);
    });
    last = { content: found, steps, x: drawing.x };
    plot.replaceChildren(drawing.svg);
    moveMark();
  };
  const moveMark = () => {
    if (!last || !mark) return;
    const x = last.x(app.step);
    if (!last.content.counts) mark.replaceChildren(s("line", { x1: x, x2: x, y1: 4, y2: (last.content.height ?? 150) - 24 }));
    head.replaceChildren(h("strong", {}, withUnit(last.content.title, last.content.unit ? `(${last.content.unit})` : "")), legend(last.content, app.step, app));
  };
  const again = whenSeen(element, show);
  app.on(["values", "sequence"], again);
  app.on("step", whenSeen(element, moveMark));
  new ResizeObserver(([entry]) => {
    width = entry?.contentRect.width ?? 0;
    again();
  }).observe(plot);
  return element;
}

function legend(content: ChartContent, step: number, app: App): HTMLElement {
  const list = h("ul", { class: "keys" });
  const named = content.lines.filter((one, i) => content.lines.findIndex((other) => other.name === one.name && other.style === one.style) === i);
  for (const one of named) {
    const value = one.values[step - one.from];
    const now = value === undefined || content.counts ? "" : `: ${text(value)}`;
    list.append(h("li", { class: one.style }, s("svg", { viewBox: "0 0 26 8", "aria-hidden": "true" }, s("path", { class: `line ${one.style}`, d: "M0 4H26" })), `${one.name}${now}`));
  }
  if (content.band) list.append(h("li", { class: "band" }, content.band.name));
  list.setAttribute("aria-label", `Values at ${app.run.time(step)}`);
  return list;
}

function draw(app: App, content: ChartContent, width: number, steps: number): { svg: SVGSVGElement; x: (t: number) => number } {
  const height = content.height ?? 150;
  const foot = height - 24;
  const x = scaleLinear().domain([-0.5, steps - 0.5]).range([LEFT, width - RIGHT]);
  const all = [...content.lines.map((one) => one.values), ...(content.band ? [content.band.lower, content.band.upper] : [])];
  const [low, high] = extent(all, content.log ?? false);
  const y = content.log
    ? scaleLog().domain([low, high]).range([foot - 6, 12])
    : scaleLinear().domain([low, high]).range([foot, 8]).nice();
  const svg = s("svg", {
    viewBox: `0 0 ${width} ${height}`,
    class: "lines",
    role: "img",
    "aria-label": `${content.title}: ${content.lines.map((one) => one.name).join(", ")} over time, from ${text(low)} to ${text(high)} ${content.unit}`,
  });
  svg.style.height = `${height}px`;
  const tens = content.log ? decades(low, high) : [];
  const byTens = tens.length > 1;
  const ticks = byTens ? tens : content.log ? between(low, high) : y.ticks(Math.max(2, Math.floor(height / 45)));
  for (const tick of ticks)
    svg.append(
      s("line", { class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(tick), y2: y(tick) }),
      s("text", { class: "tick", x: LEFT - 6, y: y(tick) + 4, "text-anchor": "end" }, byTens ? power(tick) : tickText(tick)),
    );
  if (content.until !== undefined && content.until < steps)
    svg.append(s("rect", { class: "beyond", x: x(content.until - 0.5), y: 4, width: width - RIGHT - x(content.until - 0.5), height: foot - 4 }));
  const most = Math.max(50, Math.floor(width));
  const known = (value: number) => Number.isFinite(value) && (!content.log || value > 0);
  if (content.band) {
    const { from, lower, upper } = content.band;
    const points = Array.from({ length: Math.min(lower.length, upper.length) }, (_, i) => i);
    const path = area<number>()
      .defined((i) => known(lower[i] ?? NaN) && known(upper[i] ?? NaN))
      .x((i) => x(from + i)).y0((i) => y(lower[i] ?? NaN)).y1((i) => y(upper[i] ?? NaN));
    svg.append(s("path", { class: "band", d: path(points) ?? "" }));
  }
  for (const one of content.lines) {
    const points = thin(one.values, most);
    const path = line<number>().defined((i) => known(one.values[i] ?? NaN)).x((i) => x(one.from + i)).y((i) => y(one.values[i] ?? NaN));
    svg.append(s("path", { class: `line ${one.style}`, d: path(points) ?? "" }));
    if (one.values.length <= 60)
      for (const i of points)
        if (known(one.values[i] ?? NaN)) svg.append(s("circle", { class: `dot ${one.style}`, cx: x(one.from + i), cy: y(one.values[i] ?? NaN), r: one.values.length > 30 ? 1.6 : 2.6 }));
  }
  svg.append(timeAxis(app, steps, width, foot, content.counts));
  return { svg, x };
}

/** 10⁻³ */
const power = (tick: number): string =>
  `10${[...String(Math.round(Math.log10(tick)))].map((digit) => (digit === "-" ? "⁻" : ("⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(digit)] ?? ""))).join("")}`;

const tickText = (tick: number): string => (Math.abs(tick) >= 1e5 || (tick !== 0 && Math.abs(tick) < 1e-4) ? tick.toExponential(0).replace("-", "−") : String(+tick.toFixed(5)).replace("-", "−"));

function decades(low: number, high: number): number[] {
  const first = Math.ceil(Math.log10(low));
  const last = Math.floor(Math.log10(high));
  const every = Math.max(1, Math.ceil((last - first) / 4));
  const found: number[] = [];
  for (let power = first; power <= last; power += every) found.push(10 ** power);
  return found;
}

/** Round numbers 1, 2 and 5 of each power of ten, where the curve spans hardly one. */
function between(low: number, high: number): number[] {
  const found: number[] = [];
  for (let ten = Math.floor(Math.log10(low)); ten <= Math.ceil(Math.log10(high)); ten++)
    for (const digit of [1, 2, 5]) found.push(Number((digit * 10 ** ten).toPrecision(1)));
  return found.filter((tick) => tick >= low && tick <= high);
}

function extent(all: ArrayLike<number>[], log: boolean): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const values of all)
    for (let i = 0; i < values.length; i++) {
      const value = values[i] ?? NaN;
      if (!Number.isFinite(value) || (log && value <= 0)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  if (low > high) return log ? [0.1, 1] : [0, 1];
  if (log) return [Math.max(low, high * 1e-12), low === high ? high * 10 : high];
  return low === high ? [low - 1, high + 1] : [low, high];
}

/** Of each stretch of a long line only its lowest and its highest point, in their order. */
export function thin(values: ArrayLike<number>, most: number): number[] {
  const count = values.length;
  if (count <= most * 2) return Array.from({ length: count }, (_, i) => i);
  const found: number[] = [];
  for (let part = 0; part < most; part++) {
    const from = Math.floor((part * count) / most);
    const to = Math.floor(((part + 1) * count) / most);
    let [low, high] = [from, from];
    for (let i = from; i < to; i++) {
      if ((values[i] ?? NaN) < (values[low] ?? NaN)) low = i;
      if ((values[i] ?? NaN) > (values[high] ?? NaN)) high = i;
    }
    found.push(...(low === high ? [low] : [Math.min(low, high), Math.max(low, high)]));
  }
  return found;
}
