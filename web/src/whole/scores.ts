/** The scores beside those of the baselines. */

import { h } from "../dom";
import { finite, text, withUnit } from "../numbers";
import type { Scores } from "../report";

export function scoreTable(scores: Scores | null): HTMLElement | null {
  if (!scores || scores.rows.length === 0) return null;
  const best = scores.metrics.map((metric, i) => {
    const values = scores.rows.map((row) => finite(row.values[i])).filter(Number.isFinite);
    return metric.higherIsBetter ? Math.max(...values) : Math.min(...values);
  });
  const most = scores.metrics.map((_, i) => Math.max(1e-12, ...scores.rows.map((row) => Math.abs(finite(row.values[i]))).filter(Number.isFinite)));
  const head = h("tr", {}, h("th", { scope: "col" }, "Method"));
  for (const metric of scores.metrics)
    head.append(h("th", { scope: "col" }, withUnit(metric.name, metric.unit && `(${metric.unit})`), h("small", {}, metric.higherIsBetter ? "higher is better" : "lower is better")));
  const body = h("tbody");
  for (const row of scores.rows) {
    const line = h("tr", { class: row.ours ? "ours" : "" }, h("th", { scope: "row" }, row.ours ? "▸ " : "", row.method, row.ours ? h("small", {}, "this network") : null));
    scores.metrics.forEach((_, i) => {
      const given = row.values[i];
      if (given === null || given === undefined) {
        line.append(h("td", {}, "–"));
        return;
      }
      const value = finite(given);
      const bar = h("span", { class: "score-bar", "aria-hidden": "true" });
      bar.style.width = Number.isFinite(value) ? `${(Math.abs(value) / (most[i] ?? 1)) * 100}%` : "0";
      line.append(h("td", {}, h("span", { class: "score" }, text(given), Number.isFinite(value) && value === best[i] ? h("small", {}, "best") : null), bar));
    });
    body.append(line);
  }
  return h(
    "div",
    { class: "sub" },
    h("h3", {}, "Scores beside the baselines"),
    h("p", {}, "A network is worth something only if it beats what needs no network. All were measured on the same held-out data."),
    h("div", { class: "scrolls", tabindex: 0, role: "region", "aria-label": "Scores" }, h("table", { class: "scores" }, h("thead", {}, head), body)),
  );
}
