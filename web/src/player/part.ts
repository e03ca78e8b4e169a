/** The part of the page with the player. */

import type { App } from "../app";
import { h } from "../dom";
import { part } from "../part";
import { controls, keys, panning, spoken } from "./controls";
import { Player } from "./player";

export function playerPart(app: App, openBox: (row: number, step: number) => void): { element: HTMLElement; player: Player } {
  const player = new Player(app, openBox);
  const stage = h("div", { class: "stage" }, player.film.element);
  const live = h("p", { class: "unseen", role: "status", "aria-live": "polite" });
  const tell = () => {
    if (!player.playing) live.textContent = spoken(app);
  };
  app.on(["step", "sequence", "values"], tell);
  player.onChange(tell);
  keys(app, player, stage);
  panning(player, stage);
  new ResizeObserver(([entry]) => {
    if (!entry) return;
    player.film.resize(entry.contentRect.width);
    player.film.centre = player.film.bounded(app.step);
    player.film.draw();
  }).observe(stage);

  const both = app.directions.some((direction) => direction.reverse);
  const element = part(
    "watch",
    "Watch it run",
    [
      "A recurrent network is one box that is used again and again. It reads an input (green, below), gives an output (red, above), and hands a state (blue) to itself for the next time instance: the loop.",
      "Unfold it, and each time instance gets a box of its own. They are not different boxes: all have the same weights. Only input and state differ.",
      ...(both
        ? ["One direction reads from the first instant to the last, the other from the last to the first. Their outputs stand side by side; so both must be done before the next layer begins."]
        : []),
      "Begin with “Unfold through time”. Then press play, or step with the arrow keys (space plays and pauses). Click a box to look inside.",
    ],
    controls(app, player),
    stage,
    legend(),
    live,
  );
  return { element, player };
}

function legend(): HTMLElement {
  const item = (kind: string, text: string) => h("li", { class: kind }, text);
  return h(
    "ul",
    { class: "legend", "aria-label": "Colours" },
    item("input", "input, from below"),
    item("state", "state, handed on"),
    item("output", "output, above"),
  );
}
