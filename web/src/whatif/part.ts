/** The part of the page where inputs and states are changed, and all that follows is computed anew. */

import type { App } from "../app";
import { answerPanel } from "../answer/panel";
import { stepper } from "../box/part";
import { h } from "../dom";
import { part } from "../part";
import { echo, lineBeside, summary } from "./effect";
import { inputs } from "./inputs";
import { states } from "./states";

export function whatifPart(app: App): HTMLElement {
  const words = [
    "Change what the network reads at one instant, and see what becomes of the rest. The page runs the network itself, with its real weights.",
    "What was recorded stays as a thin dashed line, or as a small mark beside the new value.",
  ];
  const obstacle = h("p", { class: "why" });
  const reset = h("button", { type: "button", class: "primary", click: () => {
    app.run.reset();
    app.recompute();
  } }, "Back to what was recorded");
  const live = h(
    "div",
    { class: "live" },
    h("div", { class: "tools" }, stepper(app), reset),
    h("fieldset", {}, h("legend", { class: "input" }, "Input at this instant"), inputs(app)),
    h("details", { class: "state-edit" }, h("summary", {}, "Change the state that is handed on instead"), states(app)),
    summary(app),
  );
  const follow = h("div", { class: "follow" }, lineBeside(app), echo(app));
  const show = () => {
    const why = app.run.obstacle;
    obstacle.hidden = why === null;
    obstacle.textContent = why === null ? "" : `Nothing can be changed here: ${why}.`;
    live.hidden = why !== null;
    follow.hidden = why !== null;
    reset.disabled = !app.run.changed;
  };
  const head = app.network.head;
  const silent = head && !head.program ? h("p", { class: "why" }, `What the network says is not computed anew: ${head.why ?? "its head has no program"}. States and outputs are.`) : null;
  app.on(["sequence", "values"], show);
  show();
  return part("whatif", "What if …", words, obstacle, live, silent, answerPanel(app), follow);
}
