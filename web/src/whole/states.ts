/** States and gates of all time instances; one is chosen by name. */

import type { App } from "../app";
import { choice, h } from "../dom";
import { Grid } from "../grid";
import { valueTitle } from "../named";
import { heatmap } from "./heatmap";

interface Named {
  name: string;
  label: string;
}

/** Every state and named value that there are numbers for. */
function named(app: App): Named[] {
  const found: Named[] = [];
  for (const direction of app.directions) {
    const { states, taps } = direction.cell;
    const gates = new Set(taps.filter((tap) => tap.gate).map((tap) => tap.name));
    for (const name of new Set([...states, ...taps].map((one) => one.name))) {
      const full = `${direction.name}.${name}`;
      if (!app.run.before(full)) continue;
      const title = valueTitle(app.network, full);
      found.push({ name: full, label: gates.has(name) && !title.endsWith("gate") ? `${title} (a gate)` : title });
    }
  }
  return found;
}

export function stateMap(app: App): { element: HTMLElement; choose: (name: string, look?: boolean) => boolean } {
  const names = named(app);
  let chosen = 0;
  const map = heatmap(app, () => {
    const one = names[chosen];
    const values = one ? app.run.value(one.name) : null;
    return one && values ? { title: one.label, values, unit: (i) => `unit ${i + 1}`, largest: app.run.scaleOf(one.name) } : null;
  });
  const select = choice("Value", names.map((one) => one.label), 0, (i) => {
    chosen = i;
    map.dispatchEvent(new Event("redraw"));
  });
  /** Whether there is such a value; it is shown, unless this only asks. */
  const choose = (name: string, look = true): boolean => {
    const exact = names.findIndex((one) => one.name === name);
    const index = exact < 0 ? names.findIndex((one) => one.name.startsWith(`${name}.`)) : exact;
    if (index < 0 || !look) return index >= 0;
    chosen = index;
    const list = select.querySelector("select");
    if (list) list.selectedIndex = index;
    map.dispatchEvent(new Event("redraw"));
    return true;
  };
  const element = h(
    "div",
    { class: "sub", id: "states" },
    h("h3", {}, names.some((one) => one.label.includes("gate")) ? "States and gates over time" : "States over time"),
    h("p", {}, "Each line is one unit, each column one time instance. Long stripes are units that remember; fast changes follow the input."),
    names.length > 1 ? select : null,
    map,
  );
  return { element, choose };
}

/** What the answer looked at. */
export function relevanceMap(app: App): HTMLElement {
  const map = heatmap(app, () => {
    const values = app.run.relevance;
    if (!values) return null;
    if (app.network.embedding) return { title: "Relevance of the characters", values: summed(values), unit: () => "the character that was read", row: () => "", signless: true };
    const unit = (i: number) => app.network.inputs[i]?.name ?? `input ${i + 1}`;
    return { title: "Relevance of the input", values, unit, row: unit, signless: true };
  });
  const read = app.network.embedding ? "character" : "number";
  const words = `How much the answer rests on each ${read} that was read, at each instant: its gradient times how far it lies from its mean, without a sign. The darker, the more (in the dark theme: the brighter).`;
  const element = h(
    "div",
    { class: "sub" },
    h("h3", {}, "What the answer looked at"),
    h("p", {}, words),
    map,
  );
  const show = () => {
    element.hidden = app.run.relevance === null;
  };
  app.on("sequence", show);
  show();
  return element;
}

/** The numbers that stand for one character, as one. */
const summed = (values: Grid): Grid =>
  new Grid(Float32Array.from({ length: values.rows }, (_, step) => values.row(step).reduce((sum, value) => sum + value, 0)), values.rows);
