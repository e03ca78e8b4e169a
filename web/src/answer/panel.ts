/** What the network says, now and as recorded, beside what was right. */

import type { App } from "../app";
import { h } from "../dom";
import { brief, differs, percent, visible, withUnit } from "../numbers";
import { whenSeen } from "../seen";
import { forecastChart, isForecast } from "./forecast";
import { ranked } from "./words";

const MOST = 9;

export function answerPanel(app: App): HTMLElement {
  const list = h("ol", { class: "answers" });
  const title = h("h3", {}, "What it says");
  const forecast = isForecast(app);
  const element = h("div", { class: "answer" }, title, forecast ? forecastChart(app) : list);
  const show = () => {
    const { head } = app.network;
    const said = app.run.said();
    element.hidden = !head || !said;
    if (!head || !said) return;
    const index = head.reads === "step" ? app.step : 0;
    title.textContent = head.reads === "step" ? `What it says at ${app.run.time(app.step)}` : "What it says at the end";
    if (forecast) return;
    const row = said.row(index);
    const before = app.run.said(false)?.row(index) ?? row;
    const shares = head.then === "softmax";
    const order = shares ? ranked(before) : Array.from({ length: row.length }, (_, i) => i);
    const shown = order.slice(0, MOST);
    const right = rightAnswer(app, index);
    if (shares && right !== null && !shown.includes(right)) shown.push(right);
    const most = shares ? 1 : Math.max(1e-9, ...shown.flatMap((i) => [row[i], before[i]].map((v) => Math.abs(v ?? 0))).filter(Number.isFinite));
    list.replaceChildren(...shown.map((i) => line(app, i, row[i] ?? NaN, before[i] ?? NaN, most, shares, right === i, index)));
    if (order.length > shown.length) list.append(h("li", { class: "rest" }, `and ${order.length - shown.length} more`));
  };
  app.on(["step", "sequence", "values"], whenSeen(element, show));
  show();
  return element;
}

function line(app: App, i: number, value: number, before: number, most: number, shares: boolean, right: boolean, index: number): HTMLElement {
  const channel = app.network.head?.outputs[i];
  const say = (number: number) => (shares ? percent(number) : withUnit(brief(app.run.spoken(i, number)), channel?.unit ?? ""));
  const bar = h("span", { class: "answer-bar" });
  const ghost = h("span", { class: "answer-was" });
  bar.style.width = `${Math.min(100, (Math.abs(value) / most) * 100) || 0}%`;
  ghost.style.left = `${Math.min(100, (Math.abs(before) / most) * 100) || 0}%`;
  const changed = differs(value, before);
  const truth = shares ? null : truthOf(app, i, index);
  return h(
    "li",
    { class: right ? "right" : "" },
    h("span", { class: "answer-name" }, visible(channel?.name ?? String(i + 1)), right ? h("small", {}, "✓ the right one") : null),
    h("span", { class: "answer-track", "aria-hidden": "true" }, bar, changed ? ghost : null),
    h("span", { class: "answer-value" }, say(value), changed ? h("small", { class: "was" }, `was ${say(before)}`) : null, truth === null ? null : h("small", {}, `right: ${withUnit(brief(truth), channel?.unit ?? "")}`)),
  );
}

/** The class that was right: given as one number, or as a row with a one. */
function rightAnswer(app: App, index: number): number | null {
  const { truth } = app.run;
  const { head } = app.network;
  if (!truth || !head || head.then !== "softmax") return null;
  const rows = head.reads === "step" ? app.run.steps : 1;
  const width = truth.length / rows;
  if (width === 1) return Number.isFinite(truth[index]) && (truth[index] ?? -1) >= 0 ? (truth[index] ?? null) : null;
  const row = Array.from(truth.subarray(index * width, (index + 1) * width));
  const at = row.indexOf(1);
  return at < 0 ? null : at;
}

/** The number that was right, where there is one for each number that is said. */
function truthOf(app: App, i: number, index: number): number | null {
  const { truth } = app.run;
  const width = app.network.head?.outputs.length ?? 0;
  const rows = app.network.head?.reads === "step" ? app.run.steps : 1;
  if (!truth || truth.length !== rows * width) return null;
  return truth[index * width + i] ?? null;
}
