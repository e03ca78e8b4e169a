/** States and gates of all time instances; one is chosen by name. */

import type { App } from "../app";
import { words } from "../box/values";
import { choice, h } from "../dom";
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
      const kind = gates.has(name) ? " (gate)" : states.some((state) => state.name === name) ? " (state)" : "";
      found.push({ name: full, label: `${direction.name} · ${words(name)}${kind}` });
    }
  }
  return found;
}

export function stateMap(app: App): { element: HTMLElement; choose: (name: string) => boolean } {
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
  const choose = (name: string): boolean => {
    const index = names.findIndex((one) => one.name === name);
    if (index < 0) return false;
    chosen = index;
    const list = select.querySelector("select");
    if (list) list.selectedIndex = index;
    map.dispatchEvent(new Event("redraw"));
    return true;
  };
  const element = h(
    "div",
    { class: "sub", id: "states" },
    h("h3", {}, "States and gates over time"),
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
    return values && { title: "Relevance of the input", values, unit: (i) => app.network.inputs[i]?.name ?? `input ${i + 1}` };
  });
  const element = h(
    "div",
    { class: "sub" },
    h("h3", {}, "What the answer looked at"),
    h("p", {}, "Gradient times input: how much each number that was read, at each instant, pushed the answer up (orange) or down (blue)."),
    map,
  );
  const show = () => {
    element.hidden = app.run.relevance === null;
  };
  app.on("sequence", show);
  show();
  return element;
}
