/** What the diagnosis found: a word and a sign for how bad it is, never colour alone. */

import type { App } from "../app";
import { h } from "../dom";
import { valueTitle } from "../named";
import type { Finding } from "../report";

const SIGNS: Record<Finding["severity"], [sign: string, word: string]> = {
  warning: ["▲", "Warning"],
  note: ["●", "Note"],
  good: ["✓", "Good"],
};

export function findings(app: App, show: (name: string, look?: boolean) => boolean): HTMLElement | null {
  const found = app.report.diagnosis;
  if (found.length === 0) return null;
  return h(
    "div",
    { class: "sub" },
    h("h3", {}, "Diagnosis"),
    h("ul", { class: "findings" }, ...found.map((one) => finding(app, one, show))),
  );
}

function finding(app: App, one: Finding, show: (name: string, look?: boolean) => boolean): HTMLElement {
  const [sign, word] = SIGNS[one.severity];
  const about = one.about.filter((name) => show(name, false));
  return h(
    "li",
    { class: one.severity },
    h("p", { class: "severity" }, h("span", { "aria-hidden": "true" }, sign), ` ${word}`),
    h("h4", {}, one.title),
    h("p", {}, one.text),
    one.advice ? h("p", { class: "advice" }, h("strong", {}, "Try: "), one.advice) : null,
    about.length
      ? h(
          "p",
          { class: "about" },
          ...about.slice(0, 6).map((name) =>
            h("button", { type: "button", class: "link", click: () => { if (show(name)) document.getElementById("states")?.scrollIntoView({ block: "center" }); } }, `show ${valueTitle(app.network, name)}`),
          ),
        )
      : null,
  );
}
