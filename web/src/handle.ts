/** `window.elman`: a small handle on the page, for tests and for the curious. */

import type { App } from "./app";
import type { Player } from "./player/player";
import { changeInput } from "./whatif/inputs";
import { changeState } from "./whatif/states";

export interface Handle {
  /** The time instance that is looked at; may be set. */
  step: number;
  readonly steps: number;
  /** Whether the network stands unfolded, and how far the movement has come, from 0 to 1; may be set, to hold it. */
  readonly unfolded: boolean;
  open: number;
  readonly playing: boolean;
  /** Time instances that are in the page at present, from the first to the last. */
  readonly shown: [number, number];
  unfold(open?: boolean): void;
  play(speed?: number): void;
  pause(): void;
  /** What the last layer says at a time instance, computed from what is changed. */
  output(step: number): number[];
  /** A state or a named value at a time instance: "layer1.forward.h". */
  value(name: string, step: number): number[];
  /** What the head says, or null. */
  said(step: number): number[] | null;
  /** The same in the unit in which it is shown. */
  answer(step: number): number[] | null;
  /** Change a number that is read, in the unit in which it is shown. */
  input(step: number, channel: number, value: number): void;
  /** Change a unit of the state that a direction takes into a time instance. */
  state(direction: string, state: string, step: number, unit: number, value: number): void;
  reset(): void;
}

declare global {
  interface Window {
    elman: Handle;
  }
}

export function handle(app: App, player: Player): Handle {
  return {
    get step() {
      return app.step;
    },
    set step(step) {
      app.step = step;
    },
    get steps() {
      return app.run.steps;
    },
    get unfolded() {
      return player.unfolded;
    },
    get open() {
      return player.film.open;
    },
    set open(open) {
      player.hold(open);
    },
    get playing() {
      return player.playing;
    },
    get shown() {
      return player.film.range;
    },
    unfold: (open = true) => player.setUnfolded(open),
    play: (speed = player.speed) => {
      player.speed = speed;
      player.play();
    },
    pause: () => player.pause(),
    output: (step) => [...app.run.output().row(step)],
    value: (name, step) => [...(app.run.value(name)?.row(step) ?? [])],
    said: (step) => {
      const said = app.run.said();
      return said && [...said.row(app.network.head?.reads === "step" ? step : 0)];
    },
    answer: (step) => {
      const said = app.run.said();
      return said && Array.from(said.row(app.network.head?.reads === "step" ? step : 0), (value, i) => app.run.spoken(i, value));
    },
    input: (step, channel, value) => changeInput(app, step, channel, value),
    state: (name, state, step, unit, value) => {
      const direction = app.directions.find((one) => one.name === name);
      if (!direction) throw new Error(`no direction is called ${name}`);
      changeState(app, direction, state, step, unit, value);
    },
    reset: () => {
      app.run.reset();
      app.recompute();
    },
  };
}
