/** What is read at the current instant, to be changed: a slider for each number, or another character. */

import type { App } from "../app";
import { choice, h } from "../dom";
import { visible, withUnit } from "../numbers";
import { whenSeen } from "../seen";
import { slider, type Slider } from "./slider";

/** Channels that have a slider of their own; of more, one is chosen. */
const MOST = 8;

export function inputs(app: App): HTMLElement {
  return app.network.embedding ? characters(app, app.network.embedding.tokens) : numbers(app);
}

/** Changes one number, as the data have it, at the current instant. */
export function changeInput(app: App, step: number, channel: number, shown: number): void {
  const row = app.run.given.row(step).slice();
  row[channel] = app.run.hidden(channel, shown);
  app.run.setInput(step, row);
  app.recompute();
}

/** From the lowest to the highest of the sequence, and half as far again on either side. */
function rangeOf(app: App, channel: number): [number, number] {
  const { input } = app.run;
  let [low, high] = [Infinity, -Infinity];
  for (let step = 0; step < input.rows; step++) {
    const value = app.run.shown(channel, input.at(step, channel));
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) [low, high] = [-1, 1];
  const spread = high - low || Math.abs(high) || 1;
  return [low - spread / 2, high + spread / 2];
}

function numbers(app: App): HTMLElement {
  const { inputs: channels } = app.network;
  const many = channels.length > MOST;
  let chosen = 0;
  const channelOf = (i: number) => (many ? chosen : i);
  const rows: Slider[] = Array.from({ length: many ? 1 : channels.length }, (_, i) =>
    slider((value) => changeInput(app, app.step, channelOf(i), value)),
  );
  const show = () =>
    rows.forEach((row, i) => {
      const index = channelOf(i);
      const channel = channels[index];
      if (!channel) return;
      const [low, high] = rangeOf(app, index);
      row.show({
        label: withUnit(channel.name, channel.unit && `(${channel.unit})`),
        value: app.run.shown(index, app.run.given.at(app.step, index)),
        recorded: app.run.shown(index, app.run.input.at(app.step, index)),
        low,
        high,
      });
    });
  const pick = choice("Input", channels.map((channel) => channel.name), 0, (i) => {
    chosen = i;
    show();
  });
  const element = h("div", { class: "inputs" }, many ? pick : null, ...rows.map((row) => row.element));
  app.on(["step", "sequence", "values"], whenSeen(element, show));
  show();
  return element;
}

function characters(app: App, tokens: string[]): HTMLElement {
  const pick = choice("Character that is read", tokens.map(visible), 0, (i) => {
    app.run.setToken(app.step, i);
    app.recompute();
  });
  const was = h("small", {});
  const show = () => {
    const list = pick.querySelector("select");
    const now = app.run.token(app.step);
    if (list && now !== null) list.selectedIndex = tokens.indexOf(now);
    const recorded = app.run.recordedToken(app.step);
    was.textContent = recorded !== null && recorded !== now ? `recorded: ${visible(recorded)}` : "as recorded";
  };
  const element = h("div", { class: "inputs" }, pick, was);
  app.on(["step", "sequence", "values"], whenSeen(element, show));
  show();
  return element;
}
