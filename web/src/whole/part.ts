/** The part of the page with the whole sequence, and what is known of the network. */

import type { App } from "../app";
import { h } from "../dom";
import { text } from "../numbers";
import { part } from "../part";
import { courseCharts } from "./courses";
import { gradientCurves, memoryCurves } from "./curves";
import { findings } from "./findings";
import { scoreTable } from "./scores";
import { relevanceMap, stateMap } from "./states";

export function wholePart(app: App): HTMLElement {
  const states = stateMap(app);
  return part(
    "whole",
    "The whole sequence",
    [
      "All instants at once, from left to right. The thin line marks the instant that the player shows; click anywhere to move it there.",
      "In the pictures blue is below zero, orange above; the darker, the larger (in the dark theme: the brighter).",
    ],
    courseCharts(app),
    states.element,
    relevanceMap(app),
    gradientCurves(app),
    memoryCurves(app),
    findings(app, states.choose),
    scoreTable(app.report.scores),
    facts(app),
    notes(app),
  );
}

function facts(app: App): HTMLElement | null {
  if (app.report.facts.length === 0) return null;
  const list = h("dl", { class: "facts" });
  const names = [...new Set(app.report.facts.map((fact) => fact.name))];
  for (const name of names) {
    const texts = app.report.facts.filter((fact) => fact.name === name).map((fact) => h("dd", {}, fact.text));
    list.append(h("div", { class: texts.length > 1 ? "several" : "" }, h("dt", {}, name), ...texts));
  }
  return h("div", { class: "sub" }, h("h3", {}, "The network and its data"), list);
}

function notes(app: App): HTMLElement | null {
  const list = h("ul", { class: "notes" });
  const element = h("div", { class: "sub" }, h("h3", {}, "What to know about this page"), list);
  const show = () => {
    const { run, report } = app;
    const own: string[] = [];
    if (run.departure) own.push(`What this page computes departs from what was recorded by up to ${text(run.departure)}.`);
    list.replaceChildren(...[...report.notes, ...own].map((note) => h("li", {}, note)));
    element.hidden = list.childElementCount === 0;
  };
  app.on("sequence", show);
  show();
  return element;
}
