/** An answer of steps ahead: a line for each target and quantile, now and as recorded. */

import type { App } from "../app";
import { h } from "../dom";
import { chart, type ChartLine } from "../whole/chart";

/** Numbers that belong to one line, in the order of the steps ahead. */
interface Ahead {
  name: string;
  at: number[];
}

/** Lines of the answer; empty where it is no forecast. */
function ahead(app: App): Ahead[] {
  const { head } = app.network;
  if (!head || head.reads !== "end" || head.then !== "none") return [];
  const found = new Map<string, number[]>();
  head.outputs.forEach((output, i) => {
    const name = output.name.replace(/, \d+ ahead/, "");
    if (name !== output.name) found.set(name, [...(found.get(name) ?? []), i]);
  });
  return [...found].map(([name, at]) => ({ name, at })).filter((one) => one.at.length > 1);
}

export const isForecast = (app: App): boolean => ahead(app).length > 0;

const LETTERS = ["a", "b", "c", "d", "e", "f"];

export function forecastChart(app: App): HTMLElement {
  return h(
    "div",
    { class: "forecast" },
    chart(app, () => {
      const said = app.run.said();
      const before = app.run.said(false);
      if (!said || !before) return null;
      const values = (grid: typeof said, one: Ahead) => one.at.map((i) => app.run.spoken(i, grid.at(0, i)));
      const lines = ahead(app).slice(0, LETTERS.length).flatMap((one, i): ChartLine[] => [
        ...(app.run.changed ? [{ name: "recorded", style: "recorded", from: 0, values: values(before, one) }] : []),
        { name: one.name, style: LETTERS[i] ?? "a", from: 0, values: values(said, one) },
      ]);
      return { title: "Steps ahead", unit: app.network.head?.outputs[0]?.unit ?? "", lines, counts: "ahead", height: 220 };
    }),
  );
}
