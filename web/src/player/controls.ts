/** The buttons of the player, its scrubber and its keys. */

import type { App } from "../app";
import { tokenAt } from "./column";
import { saidBriefly } from "../answer/words";
import { choice, h } from "../dom";
import { icon } from "../icon";
import { brief } from "../numbers";
import type { Player } from "./player";

const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128];

export function controls(app: App, player: Player): HTMLElement {
  const button = (label: string, sign: "start" | "back" | "on", act: () => void) =>
    h("button", { type: "button", class: "icon", "aria-label": label, title: label, click: act }, icon(sign));

  const fold = h("button", { type: "button", class: "primary fold", click: () => player.setUnfolded(!player.unfolded) });
  const toggle = () => (player.playing ? player.pause() : player.play());
  const play = h("button", { type: "button", class: "icon play", click: toggle });
  const scrub = h("input", {
    type: "range",
    min: 0,
    step: 1,
    class: "scrub",
    "aria-label": "Time instance",
    input: () => {
      const wanted = Number(scrub.value);
      player.pause();
      app.step = wanted;
    },
  });
  const now = h("output", { class: "now" });
  const speed = choice("Speed", SPEEDS.map((value) => `${value}×`), SPEEDS.indexOf(player.speed), (i) => {
    player.speed = SPEEDS[i] ?? 1;
  });
  const many = player.sweeps.length > 1;
  const sweep = choice("Follow", player.sweeps.map((one) => one.name), 0, (i) => {
    player.pause();
    player.setSweep(i);
  });

  const show = () => {
    fold.textContent = player.unfolded ? "Fold" : "Unfold through time";
    fold.setAttribute("aria-pressed", String(player.unfolded));
    play.replaceChildren(icon(player.playing ? "pause" : "play"));
    play.setAttribute("aria-label", player.playing ? "Pause" : "Play");
    scrub.max = String(app.run.steps - 1);
    scrub.value = String(app.step);
    const name = app.run.time(app.step);
    scrub.setAttribute("aria-valuetext", name);
    now.textContent = `${name} · ${(app.step + 1).toLocaleString("en")} of ${app.run.steps.toLocaleString("en")}`;
    const select = sweep.querySelector("select");
    if (select) select.selectedIndex = player.sweepIndex;
  };
  player.onChange(show);
  app.on(["step", "sequence"], show);
  show();

  return h(
    "div",
    { class: "controls", role: "group", "aria-label": "Player" },
    fold,
    h(
      "div",
      { class: "transport" },
      button("To the start", "start", () => {
        player.pause();
        app.step = player.sweep.reverse ? app.run.steps - 1 : 0;
      }),
      button("One step back", "back", () => player.advance(-1)),
      play,
      button("One step on", "on", () => player.advance(1)),
    ),
    scrub,
    now,
    speed,
    many ? sweep : null,
  );
}

/** Arrow keys step, the space bar plays, Home and End go to the ends, "u" folds and unfolds. */
export function keys(app: App, player: Player, stage: HTMLElement): void {
  const act = (key: string): boolean => {
    if (key === "ArrowRight" || key === "ArrowLeft") {
      player.pause();
      app.step += key === "ArrowRight" ? 1 : -1;
    } else if (key === " ") player.playing ? player.pause() : player.play();
    else if (key === "Home") app.step = 0;
    else if (key === "End") app.step = app.run.steps - 1;
    else if (key === "u") player.setUnfolded(!player.unfolded);
    else return false;
    return true;
  };
  document.addEventListener("keydown", (event) => {
    const target = event.target as Element | null;
    const free = target === document.body || (target !== null && stage.contains(target));
    if (!free || event.ctrlKey || event.metaKey || event.altKey) return;
    const box = target?.closest(".box");
    if (box && event.key === "Enter") {
      event.preventDefault();
      box.dispatchEvent(new MouseEvent("click"));
      return;
    }
    if (!act(event.key)) return;
    event.preventDefault();
    if (box) player.film.focusCurrent(Number(box.getAttribute("data-row")));
  });
}

/** Drag, or turn the wheel sideways, and the film moves. */
export function panning(player: Player, stage: HTMLElement): void {
  let from: { x: number; moved: boolean } | null = null;
  stage.addEventListener("pointerdown", (event) => {
    from = { x: event.clientX, moved: false };
  });
  stage.addEventListener("pointermove", (event) => {
    if (!from) return;
    const by = event.clientX - from.x;
    if (!from.moved && Math.abs(by) < 6) return;
    if (!from.moved) stage.setPointerCapture(event.pointerId);
    player.pan(-by / player.film.sizes.pitch);
    from = { x: event.clientX, moved: true };
  });
  const end = () => {
    from = null;
  };
  stage.addEventListener("pointerup", end);
  stage.addEventListener("pointercancel", end);
  stage.addEventListener(
    "wheel",
    (event) => {
      const by = event.shiftKey ? event.deltaY : event.deltaX;
      if (!player.unfolded || Math.abs(by) <= Math.abs(event.shiftKey ? 0 : event.deltaY)) return;
      event.preventDefault();
      player.pan(by / player.film.sizes.pitch);
    },
    { passive: false },
  );
}

/** What a screen reader is told of an instant. */
export function spoken(app: App): string {
  const { run, network } = app;
  const few = (values: ArrayLike<number>) =>
    Array.from(values).slice(0, 4).map(brief).join(", ") + (values.length > 4 ? ", …" : "");
  const input = network.embedding
    ? tokenAt(app, app.step)
    : few(Array.from(run.given.row(app.step), (value, i) => run.shown(i, value)));
  const answer = network.head?.reads === "step" ? `; says ${saidBriefly(app, app.step)}` : "";
  return `${run.time(app.step)}: input ${input}; output ${few(run.output().row(app.step))}${answer}`;
}
