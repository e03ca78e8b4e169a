/** Many values over time as a picture: time to the right, one line for each unit. */

import type { App } from "../app";
import { h, s, unique } from "../dom";
import type { Grid } from "../grid";
import { text } from "../numbers";
import { table } from "../scale";
import { whenSeen } from "../seen";
import { instantAt, LEFT, RIGHT, timeAxis } from "./axis";

export interface HeatContent {
  title: string;
  values: Grid;
  /** What a line is called. */
  unit: (index: number) => string;
  /** What stands beside a line; by default its number. */
  row?: (index: number) => string;
  /** What stands above it. */
  caption?: string;
  largest?: number;
  /** Whether no number is below zero. */
  signless?: boolean;
}

const MOST_COLUMNS = 2400;

export function heatmap(app: App, content: () => HeatContent | null): HTMLElement {
  const id = unique("readout");
  const readout = h("p", { class: "readout", id, role: "status" });
  const canvas = h("canvas", { class: "heat" });
  const rows = s("svg", { class: "heat-rows", "aria-hidden": "true" });
  const axis = s("svg", { class: "heat-axis", "aria-hidden": "true" });
  const cross = h("span", { class: "cross", hidden: true });
  const now = h("span", { class: "now-line" });
  const frame = h("div", { class: "heat-frame", tabindex: 0, role: "group", "aria-describedby": id }, canvas, rows, now, cross);
  const scale = ramp();
  const caption = h("p", { class: "caption", hidden: true });
  const element = h("div", { class: "heatmap" }, caption, frame, axis, h("div", { class: "heat-foot" }, readout, scale.element));
  let found: HeatContent | null = null;
  let at: { step: number; unit: number } | null = null;
  let width = 0;

  const show = () => {
    found = content();
    element.hidden = found === null;
    if (!found || width < 50) return;
    frame.setAttribute("aria-label", `${found.title}: arrow keys move, Enter goes to the instant`);
    paint(canvas, found);
    const high = Math.max(48, Math.min(300, found.values.width * (found.values.width > 40 ? 4 : 14)));
    frame.style.height = `${high}px`;
    caption.hidden = found.caption === undefined;
    caption.textContent = found.caption ?? "";
    label(rows, found, high);
    scale.show(found);
    axis.setAttribute("viewBox", `0 0 ${width} 22`);
    axis.replaceChildren(timeAxis(app, found.values.rows, width, 0));
    moveNow();
    read();
  };
  const moveNow = () => {
    if (!found) return;
    now.style.left = `calc(${LEFT}px + (100% - ${LEFT + RIGHT}px) * ${(app.step + 0.5) / found.values.rows})`;
  };
  const read = () => {
    if (!found) return;
    cross.hidden = at === null;
    if (!at) {
      readout.textContent = "Point at a value to read it, or move with the arrow keys.";
      return;
    }
    const { step, unit } = at;
    readout.textContent = `${app.run.time(step)}, ${found.unit(unit)}: ${text(found.values.at(step, unit))}`;
    cross.style.left = `calc(${LEFT}px + (100% - ${LEFT + RIGHT}px) * ${(step + 0.5) / found.values.rows})`;
    cross.style.top = `${((unit + 0.5) / found.values.width) * 100}%`;
  };
  const point = (event: MouseEvent) => {
    if (!found) return null;
    const box = frame.getBoundingClientRect();
    const unit = Math.floor(((event.clientY - box.top) / box.height) * found.values.width);
    return { step: instantAt(event, frame, box.width, found.values.rows), unit: Math.max(0, Math.min(found.values.width - 1, unit)) };
  };
  frame.addEventListener("pointermove", (event) => {
    at = point(event);
    read();
  });
  frame.addEventListener("pointerleave", () => {
    at = null;
    read();
  });
  frame.addEventListener("click", (event) => {
    const place = point(event);
    if (place) app.step = place.step;
  });
  frame.addEventListener("keydown", (event) => {
    if (!found) return;
    at ??= { step: app.step, unit: 0 };
    const fast = event.shiftKey ? 10 : 1;
    const moves: Record<string, [number, number]> = { ArrowLeft: [-fast, 0], ArrowRight: [fast, 0], ArrowUp: [0, -fast], ArrowDown: [0, fast] };
    const move = moves[event.key];
    if (event.key === "Enter") app.step = at.step;
    else if (move) {
      at = {
        step: Math.max(0, Math.min(found.values.rows - 1, at.step + move[0])),
        unit: Math.max(0, Math.min(found.values.width - 1, at.unit + move[1])),
      };
      read();
    } else return;
    event.preventDefault();
  });
  const again = whenSeen(element, show);
  app.on(["values", "sequence", "theme"], again);
  app.on("step", whenSeen(element, moveNow));
  new ResizeObserver(([entry]) => {
    width = entry?.contentRect.width ?? 0;
    again();
  }).observe(element);
  element.addEventListener("redraw", again);
  return element;
}

/** Names or numbers beside the lines, as many as can be read. */
function label(rows: SVGSVGElement, content: HeatContent, high: number): void {
  const { width } = content.values;
  const every = Math.max(1, Math.ceil((width * 13) / high));
  rows.setAttribute("viewBox", `0 0 ${LEFT} ${high}`);
  rows.replaceChildren();
  for (let i = 0; i < width; i += every) {
    const name = content.row?.(i) ?? String(i + 1);
    rows.append(s("text", { x: LEFT - 6, y: ((i + 0.5) / width) * high + 4, "text-anchor": "end" }, name.length > 6 ? `${name.slice(0, 5)}…` : name));
  }
}

/** One pixel for each value; of a long sequence, one for the mean of several time instances. */
function paint(canvas: HTMLCanvasElement, content: HeatContent): void {
  const { values } = content;
  const columns = Math.max(1, Math.min(values.rows, MOST_COLUMNS));
  canvas.width = columns;
  canvas.height = Math.max(1, values.width);
  const context = canvas.getContext("2d");
  if (!context) return;
  const image = context.createImageData(columns, canvas.height);
  const pixels = new Uint32Array(image.data.buffer);
  const colours = table();
  const largest = content.largest ?? values.largest;
  for (let column = 0; column < columns; column++) {
    const from = Math.floor((column * values.rows) / columns);
    const to = Math.max(from + 1, Math.floor(((column + 1) * values.rows) / columns));
    for (let unit = 0; unit < values.width; unit++) {
      let sum = 0;
      for (let row = from; row < to; row++) sum += values.data[row * values.width + unit] ?? NaN;
      const place = Math.max(-1, Math.min(1, sum / (to - from) / largest));
      pixels[unit * columns + column] = colours[Number.isNaN(place) ? 256 : Math.round(((place + 1) / 2) * 255)] ?? 0;
    }
  }
  context.putImageData(image, 0, 0);
}

/** Which colour stands for which number. */
function ramp(): { element: HTMLElement; show(content: HeatContent): void } {
  const [low, high] = [h("span"), h("span")];
  const bar = h("span", { class: "ramp-bar", role: "img" });
  return {
    element: h("span", { class: "ramp" }, low, bar, high),
    show({ values, largest = values.largest, signless = false }) {
      low.textContent = signless ? "0" : text(-largest);
      high.textContent = text(largest);
      bar.classList.toggle("half", signless);
      bar.setAttribute("aria-label", signless ? "from none to the most" : "blue: below zero; orange: above");
    },
  };
}
