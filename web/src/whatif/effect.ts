/** What follows from a change: in words, as a line beside the recorded one, and over all units. */

import type { App } from "../app";
import { choice, h, nextFrame } from "../dom";
import { Grid } from "../grid";
import { ranked } from "../answer/words";
import { valueTitle } from "../named";
import { brief, differs, plural, visible } from "../numbers";
import { chart } from "../whole/chart";
import { heatmap } from "../whole/heatmap";

/** How far the outputs of each instant moved. */
function moved(app: App): Float32Array {
  const [now, before] = [app.run.output(), app.run.output(false)];
  return Float32Array.from({ length: app.run.steps }, (_, step) => {
    const was = before.row(step);
    return now.row(step).reduce((most, value, i) => (differs(value, was[i] ?? NaN) ? Math.max(most, Math.abs(value - (was[i] ?? NaN)) || Infinity) : most), 0);
  });
}

export function summary(app: App): HTMLElement {
  const element = h("p", { class: "summary", role: "status" });
  const show = () => {
    if (!app.run.changed) {
      element.textContent = "Nothing is changed yet: all values are as recorded.";
      return;
    }
    const by = moved(app);
    const touched = by.reduce((count, value) => count + (value > 0 ? 1 : 0), 0);
    const largest = by.reduce((most, value, step) => (value > (by[most] ?? 0) ? step : most), 0);
    const where = [...app.run.touched].sort((a, b) => a - b).slice(0, 4).map((step) => app.run.time(step)).join(", ");
    element.textContent = touched
      ? `Changed at ${where}. The outputs of ${plural(touched, "time instance")} moved; the most, by ${brief(by[largest] ?? 0)}, at ${app.run.time(largest)}.`
      : `Changed at ${where}. No output moved: the network does not mind.`;
  };
  app.on(["values", "sequence"], nextFrame(show));
  show();
  return element;
}

/** One number of what is said, or of the output, now and as recorded. */
export function lineBeside(app: App): HTMLElement {
  const { head } = app.network;
  const speaks = head?.reads === "step" && app.run.said() !== null;
  const count = speaks ? (head?.outputs.length ?? 0) : app.run.output().width;
  const shares = speaks && head?.then === "softmax";
  let chosen = shares ? (ranked(app.run.said()?.row(app.run.steps - 1) ?? [])[0] ?? 0) : 0;
  const name = (i: number) => (speaks ? visible(head?.outputs[i]?.name ?? "") : `output ${i + 1}`);
  const column = (grid: Grid | null): number[] =>
    Array.from({ length: app.run.steps }, (_, step) => {
      const value = grid?.at(step, chosen) ?? NaN;
      return speaks ? app.run.spoken(chosen, value) : value;
    });
  const of = (now: boolean) => column(speaks ? app.run.said(now) : app.run.output(now));
  const line = chart(app, () => ({
    title: shares ? `Probability of ${name(chosen)}` : name(chosen),
    unit: speaks && head?.then === "none" ? (head.outputs[chosen]?.unit ?? "") : "",
    lines: [
      { name: "recorded", style: "recorded", from: 0, values: of(false) },
      ...(app.run.changed ? [{ name: "now", style: "output", from: 0, values: of(true) }] : []),
    ],
    height: 170,
  }));
  const pick = choice("Show", Array.from({ length: Math.min(count, 512) }, (_, i) => name(i)), chosen, (i) => {
    chosen = i;
    app.emit("values");
  });
  const heading = speaks ? "What it says, instant by instant" : "One output, instant by instant";
  return h("div", { class: "beside sub" }, h("h3", {}, heading), count > 1 ? pick : null, line);
}

/** By how much every unit of the first state of each direction moved: how long a change is remembered. */
export function echo(app: App): HTMLElement {
  const maps = app.directions.map((direction) => {
    const name = `${direction.name}.${direction.cell.states[0]?.name ?? ""}`;
    return heatmap(app, () => {
      const [now, before] = [app.run.value(name), app.run.before(name)];
      if (!app.run.changed || !now || !before) return null;
      const difference = new Grid(now.data.map((value, i) => value - (before.data[i] ?? NaN)), now.rows);
      const title = valueTitle(app.network, name);
      return { title: `Change of ${title}`, caption: title, values: difference, unit: (i) => `${title}, unit ${i + 1}, moved by` };
    });
  });
  const title = h("h3", {}, "The echo of the change in the state");
  const words = h("p", {}, "Each line is one unit. The colour fades where the network forgets what was changed.");
  const element = h("div", { class: "sub" }, title, words, ...maps);
  const show = () => {
    element.hidden = !app.run.changed;
  };
  app.on(["values", "sequence"], show);
  show();
  return element;
}
