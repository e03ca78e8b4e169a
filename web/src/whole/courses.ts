/** Input, output and truth as lines. */

import type { App } from "../app";
import { h } from "../dom";
import { unpack } from "../machine";
import type { Course } from "../report";
import { chart, type ChartContent } from "./chart";

const MOST = 8;

/** What goes into one chart: lines of one unit that stand for the same thing, with their band. */
interface Panel {
  title: string;
  unit: string;
  courses: Course[];
}

function panels(courses: Course[]): Panel[] {
  const found: Panel[] = [];
  const spoken = courses.filter((course) => course.kind !== "input");
  const units = new Set(spoken.map((course) => course.unit));
  for (const unit of units) {
    const own = spoken.filter((course) => course.unit === unit);
    const names = new Set(own.filter((course) => course.kind === "output").map((course) => course.name));
    const past = courses.filter((course) => course.kind === "input" && names.has(course.name));
    found.push({ title: [...names].slice(0, 3).join(", ") || (own[0]?.name ?? ""), unit, courses: [...past, ...own] });
  }
  const shown = new Set(found.flatMap((panel) => panel.courses));
  for (const course of courses)
    if (course.kind === "input" && !shown.has(course)) found.push({ title: course.name, unit: course.unit, courses: [course] });
  return found.slice(0, MOST);
}

const LETTERS = ["a", "b", "c", "d", "e", "f"];

export function courseCharts(app: App): HTMLElement {
  const chartOf = (i: number) =>
    chart(app, () => {
      const panel = panels(app.run.sequence.lines)[i];
      return panel ? contentOf(app, panel) : null;
    });
  return h("div", { class: "charts" }, ...Array.from({ length: MOST }, (_, i) => chartOf(i)));
}

function contentOf(app: App, panel: Panel): ChartContent {
  const of = (kind: Course["kind"]) => panel.courses.filter((course) => course.kind === kind);
  const outputs = of("output");
  const lines = [...of("input"), ...outputs, ...of("truth")].map((course) => ({
    name: course.kind === "truth" ? "what was right" : course.kind === "input" ? `${course.name} as read` : outputs.length > 1 ? course.name : `${course.name} as said`,
    style: course.kind === "output" && outputs.length > 1 ? (LETTERS[outputs.indexOf(course) % 6] ?? "a") : course.kind,
    from: course.from,
    values: unpack(course.values),
  }));
  const [lower] = of("lower");
  const [upper] = of("upper");
  const band = lower && upper ? { name: lower.name === upper.name ? "the uncertainty" : `between ${lower.name} and ${upper.name}`, from: lower.from, lower: unpack(lower.values), upper: unpack(upper.values) } : null;
  return { title: panel.title, unit: panel.unit, lines, band, until: app.run.steps, height: outputs.length ? 210 : 110 };
}
