/** How gradients flow back, and how long the network remembers. */

import type { App } from "../app";
import { h } from "../dom";
import { unpack } from "../machine";
import { valueTitle } from "../named";
import type { Packed } from "../report";
import { chart } from "./chart";

const LETTERS = ["a", "b", "c", "d", "e", "f"];

function curves(app: App, of: () => Record<string, Packed> | null, title: string, words: string, measure: string, log: boolean, back = false): HTMLElement {
  const element = h(
    "div",
    { class: "sub" },
    h("h3", {}, title),
    h("p", {}, words),
    chart(app, () => {
      const found = Object.entries(of() ?? {}).slice(0, 6);
      if (found.length === 0) return null;
      const lines = found.map(([name, values], i) => ({ name: valueTitle(app.network, name), style: LETTERS[i] ?? "a", from: 0, values: unpack(values) }));
      return { title: measure, unit: "", lines, log, counts: back ? "back" : undefined, height: 170 };
    }),
  );
  const show = () => {
    element.hidden = of() === null;
  };
  app.on("sequence", show);
  show();
  return element;
}

export const gradientCurves = (app: App): HTMLElement =>
  curves(
    app,
    () => app.run.sequence.gradients,
    "How the error flows back",
    "While learning, the error at the end is handed back from instant to instant. Where this curve falls towards zero, the network learns nothing from what happened there; where it shoots up, learning is unstable. The scale goes by factors, not by differences.",
    "Size of the gradient",
    true,
  );

export const memoryCurves = (app: App): HTMLElement =>
  curves(
    app,
    () => app.run.sequence.memory,
    "How far back it remembers",
    "How much a small change of an input still moves the output, so many time instances later. A curve that falls fast is a short memory.",
    "Change of the output for a change of 1 in the input",
    false,
    true,
  );
