/** A gate as a valve in a pipe: across the pipe it is closed, along the pipe it is open. */

import { h, s } from "../dom";
import { percent } from "../numbers";

export function valve(value: number, name = ""): HTMLElement {
  const known = Number.isFinite(value);
  const open = known ? Math.max(0, Math.min(1, value)) : 0;
  const turn = (1 - open) * 90;
  const flow = 1 + open * 11;
  const drawn = s(
    "svg",
    { viewBox: "0 0 64 30", class: "valve", "aria-hidden": "true" },
    s("path", { class: "pipe", d: "M0 7H64M0 23H64" }),
    s("rect", { class: "flow", x: 0, y: 9, width: 32, height: 12 }),
    s("rect", { class: "flow", x: 32, y: 15 - flow / 2, width: 32, height: flow }),
    s("circle", { class: "seat", cx: 32, cy: 15, r: 11 }),
    s("rect", { class: "plate", x: 22, y: 13, width: 20, height: 4, rx: 2, transform: `rotate(${turn.toFixed(1)} 32 15)` }),
  );
  const words = known ? `${percent(open)} open` : "not a number";
  return h("span", { class: "gate", title: name ? `${name}: ${words}` : words }, drawn, h("span", {}, words));
}
