/** The part of the page that looks inside a box. */

import type { App } from "../app";
import { choice, h } from "../dom";
import { icon } from "../icon";
import { directionTitle } from "../named";
import { part } from "../part";
import { plural } from "../numbers";
import { whenSeen } from "../seen";
import { blockOf } from "./block";
import { blocksOf, hidden, recorded } from "./values";
import { FEW } from "./vector";

export function boxPart(app: App): HTMLElement {
  let unit = 0;
  const directions = app.directions;
  const title = h("h3", { class: "box-title", tabindex: -1 });
  const about = h("p", { class: "about" });
  const why = h("p", { class: "why" });
  const blocks = h("div", { class: "blocks" });
  const cell = choice("Box", directions.map((one) => `${directionTitle(app.network, one)} · ${one.cell.kind}`), 0, (i) => {
    app.box = i;
  });
  const picker = h("input", { type: "range", min: 0, step: 1, value: 0, input: () => choose(Number(picker.value)) });
  const picked = h("output");
  const what = h("span");
  const units = h("label", { class: "choice unit" }, what, picker, picked);
  const choose = (to: number) => {
    unit = to;
    show();
  };
  const show = () => {
    const direction = directions[app.box];
    if (!direction) return;
    const card = direction.cell;
    about.replaceChildren(
      `${card.sentence} ${plural(card.hiddenSize, "unit")}, ${plural(card.parameters, "parameter")}, the same at every time instance.`,
      ...card.papers.flatMap((paper, i) => [
        i ? ", " : " ",
        h("a", { href: safe(paper), rel: "noreferrer", target: "_blank" }, card.papers.length > 1 ? `paper ${i + 1}` : "the paper"),
      ]),
    );
    const reason = hidden(app, direction);
    why.hidden = reason === null;
    why.textContent = reason === null ? "" : `The arithmetic cannot be shown: ${reason}. These are the values that were recorded.`;
    const found = blocksOf(app, direction) ?? recorded(app, direction);
    const widest = Math.max(1, ...found.flatMap((block) => block.rows.map((row) => row.values.length)));
    unit = Math.min(unit, widest - 1);
    picker.max = String(widest - 1);
    picker.value = String(unit);
    picked.textContent = `${unit + 1} of ${widest}`;
    units.hidden = widest <= FEW;
    what.textContent = card.hiddenSize > FEW ? "Unit" : "Number of the input";
    picker.setAttribute("aria-label", what.textContent);
    blocks.replaceChildren(...found.map((block) => blockOf(block, unit, choose)));
    const select = cell.querySelector("select");
    if (select) select.selectedIndex = app.box;
  };
  const name = () => {
    const direction = directions[app.box];
    const which = direction && directions.length > 1 ? ` of ${directionTitle(app.network, direction)}` : "";
    title.textContent = `${direction?.cell.kind ?? ""}${which} at ${app.run.time(app.step)}`;
  };
  app.on(["step", "sequence", "box"], name); // at once: whoever opens a box hears its title
  app.on(["step", "sequence", "values", "box", "theme"], whenSeen(blocks, show));
  name();
  show();
  return part(
    "inside",
    "Inside a box",
    [
      "The arithmetic of one time instance, with its real numbers. Numbers that come in are multiplied by weights, added up, and squashed.",
      directions.some((one) => one.cell.hiddenSize > FEW)
        ? "Each stripe is one unit, or neuron. Choose one by the slider or by a click: the column on the right is its sum, from top to bottom. The lines carry the letters of the cell's own equations."
        : "Each column is one unit, or neuron: read it from top to bottom. The lines carry the letters of the cell's own equations.",
      ...(directions.some((one) => one.cell.taps.some((tap) => tap.gate))
        ? ["A gate is a number between 0 and 1 that multiplies another. It works like a valve: at 0 nothing passes, at 1 everything does."]
        : []),
      "The same box stands at every instant. Step through time and watch the numbers change.",
    ],
    h("div", { class: "tools" }, directions.length > 1 ? cell : null, units, stepper(app)),
    title,
    about,
    why,
    blocks,
  );
}

/** Steps through time from wherever one reads. */
export function stepper(app: App): HTMLElement {
  const now = h("output");
  const show = () => {
    now.textContent = app.run.time(app.step);
  };
  const button = (label: string, sign: "earlier" | "later", by: number) =>
    h("button", { type: "button", class: "icon", "aria-label": label, title: label, click: () => void (app.step += by) }, icon(sign));
  app.on(["step", "sequence"], show);
  show();
  return h("div", { class: "stepper", role: "group", "aria-label": "Time instance" }, button("One instant earlier", "earlier", -1), now, button("One instant later", "later", 1));
}

/** Only an address of the web can be followed. */
const safe = (address: string): string | null => (/^https?:\/\//.test(address) ? address : null);
