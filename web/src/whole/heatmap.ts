/** Many values over time as a picture: time to the right, one line for each unit. */

import type { App } from "../app";
import { h, s, unique } from "../dom";
import type { Grid } from "../grid";
import { plural, text } from "../numbers";
import { table } from "../scale";
import { whenSeen } from "../seen";
import { instantAt, LEFT, RIGHT, timeAxis } from "./axis";

export interface HeatContent {
  title: string;
  values: Grid;
  /** What a line is called. */
  unit: (index: number) => string;
  largest?: number;
}

const MOST_COLUMNS = 2400;

export function heatmap(app: App, content: () => HeatContent | null): HTMLElement {
  const id = unique("readout");
  const readout = h("p", { class: "readout", id, role: "status" });
  const canvas = h("canvas", { class: "heat" });
  const axis = s("svg", { class: "heat-axis", "aria-hidden": "true" });
  const cross = h("span", { class: "cross", hidden: true });
  const now = h("span", { class: "now-line" });
  const frame = h("div", { class: "heat-frame", tabindex: 0, role: "group", "aria-describedby": id }, canvas, now, cross);
  const element = h("div", { class: "heatmap" }, frame, axis, h("div", { class: "heat-foot" }, readout, ramp()));
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
      readout.textContent = `${plural(found.values.width, "line")} over ${plural(found.values.rows, "time instance")}. Point at a value, or move with the arrow keys.`;
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

function ramp(): HTMLElement {
  return h("span", { class: "ramp" }, "−", h("span", { class: "ramp-bar", role: "img", "aria-label": "blue: below zero; orange: above" }), "+");
}
