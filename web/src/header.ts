/** The head of the page: what the network is, which sequence is shown, and the way to each part. */

import type { App } from "./app";
import { choice, h } from "./dom";
import { themeSwitch } from "./theme";

export function header(app: App): HTMLElement {
  const { report } = app;
  const note = h("p", { class: "sequence-note" });
  const show = () => {
    note.textContent = app.run.sequence.note;
  };
  app.on("sequence", show);
  show();
  const names = report.sequences.map((one) => (one.note ? `${one.name} · ${one.note}` : one.name));
  const pick = choice("Sequence", names, 0, (i) => {
    app.sequence = i;
  });
  const many = report.sequences.length > 1;
  return h(
    "header",
    { class: "top" },
    h("div", { class: "bar" }, h("span", { class: "brand" }, mark(), "Elman"), themeSwitch(app)),
    h("h1", {}, report.title),
    h("p", { class: "lead" }, report.lead),
    many ? h("div", { class: "sequence" }, pick, ["cell", "layer", "module"].includes(report.task) ? null : h("small", {}, "those that it is most wrong about come first")) : note,
  );
}

/** A box and its loop. */
function mark(): SVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 32 32");
  svg.setAttribute("aria-hidden", "true");
  for (const [kind, d] of [
    ["state", "M22 20C34 20 31 5 16 5S-2 20 9 20"],
    ["output", "M16 14V2"],
    ["input", "M16 31V25"],
  ]) {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("class", `mark-${kind}`);
    path.setAttribute("d", d ?? "");
    svg.append(path);
  }
  const box = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [name, value] of Object.entries({ x: "9", y: "14", width: "14", height: "11", rx: "3", class: "mark-box" })) box.setAttribute(name, value);
  svg.append(box);
  return svg;
}

export function contents(): HTMLElement {
  const link = (id: string, text: string) => h("li", {}, h("a", { href: `#${id}` }, text));
  return h(
    "nav",
    { class: "contents", "aria-label": "Parts of this page" },
    h("ol", {}, link("watch", "Watch it run"), link("inside", "Inside a box"), link("whatif", "What if …"), link("whole", "The whole sequence")),
  );
}
