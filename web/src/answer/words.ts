/** What the network says, in a few words. */

import type { App } from "../app";
import { brief, percent, visible, withUnit } from "../numbers";

/** Indices of numbers from the largest down. */
export function ranked(values: ArrayLike<number>): number[] {
  const value = (i: number) => values[i] ?? NaN;
  return Array.from({ length: values.length }, (_, i) => i).sort((a, b) => value(b) - value(a));
}

/** The answer of one time instance, or of the sequence: the likeliest class, or the first number. */
export function saidBriefly(app: App, step: number, now = true): string {
  const head = app.network.head;
  const said = app.run.said(now);
  if (!head || !said) return "";
  const row = said.row(head.reads === "step" ? step : 0);
  if (head.then === "softmax") {
    const [first = 0] = ranked(row);
    return `${visible(head.outputs[first]?.name ?? "")} ${percent(row[first] ?? NaN)}`;
  }
  return withUnit(brief(app.run.spoken(0, row[0] ?? NaN)), head.outputs[0]?.unit ?? "");
}
