/** The time axis that all pictures of a sequence share. */

import { scaleLinear } from "d3-scale";
import type { App } from "../app";
import { s } from "../dom";

export const LEFT = 52;
export const RIGHT = 14;

/** Whole time instances that are labelled. */
export function timeTicks(steps: number, width: number, wide: boolean): number[] {
  const count = Math.max(2, Math.floor(width / (wide ? 150 : 70)));
  return [...new Set(scaleLinear().domain([0, Math.max(1, steps - 1)]).ticks(count).map(Math.round))].filter((tick) => tick < steps);
}

export function timeAxis(app: App, steps: number, width: number, y: number, counts?: "back" | "ahead"): SVGGElement {
  const group = s("g", { class: "time-axis" });
  const x = scaleLinear().domain([-0.5, steps - 0.5]).range([LEFT, width - RIGHT]);
  const named = app.run.sequence.times !== null && !app.network.embedding && !counts;
  const long = named && (app.run.sequence.times?.[0]?.length ?? 0) > 4;
  const title = counts === "back" ? "back" : counts === "ahead" ? "ahead" : named ? "" : "t =";
  if (title) group.append(s("text", { x: LEFT - 14, y: y + 17, "text-anchor": "end" }, title));
  let free = -Infinity;
  for (const tick of timeTicks(steps, width - LEFT - RIGHT, long)) {
    const beyond = tick >= app.run.steps && !counts;
    const label = counts ? (counts === "back" ? String(tick) : `+${tick + 1}`) : beyond ? `+${tick - app.run.steps + 1}` : named ? (app.run.sequence.times?.[tick] ?? "") : String((app.run.sequence.kept?.[tick] ?? tick) * app.network.frame);
    const wide = label.length * 6.8;
    const centre = Math.max(LEFT + wide / 2 - 8, Math.min(width - 4 - wide / 2, x(tick)));
    group.append(s("line", { x1: x(tick), x2: x(tick), y1: y, y2: y + 4 }));
    if (centre - wide / 2 < free + 8) continue;
    free = centre + wide / 2;
    group.append(s("text", { x: centre, y: y + 17, "text-anchor": "middle" }, label === " " ? "␣" : label));
  }
  return group;
}

/** The time instance under a pointer. */
export function instantAt(event: MouseEvent, element: Element, width: number, steps: number): number {
  const box = element.getBoundingClientRect();
  const x = ((event.clientX - box.left) / box.width) * width;
  const place = (x - LEFT) / (width - LEFT - RIGHT);
  return Math.max(0, Math.min(steps - 1, Math.floor(place * steps)));
}
