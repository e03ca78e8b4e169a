/** The player: folds and unfolds the network, and runs it. */

import type { App } from "../app";
import { nextFrame } from "../dom";
import { Clock, ease, still } from "../motion";
import { Film } from "./film";
import { instantOf, sweeps, type Sweep } from "./sweeps";

/** Seconds of a time instance at speed 1. */
const INSTANT = 1.5;
/** Up to this speed, what moves inside a time instance can be followed. */
const FOLLOWED = 4;

export class Player {
  readonly film: Film;
  readonly sweeps: Sweep[];
  playing = false;
  speed: number;
  /** Where the sweep is: its whole part counts time instances. */
  private position = 0;
  private chosen = 0;
  private unfolding = 0;
  private target = 0;
  /** The picture follows the current time instance until somebody moves it. */
  private follows = true;
  private readonly clock: Clock;
  private readonly listeners: (() => void)[] = [];

  constructor(
    readonly app: App,
    openBox: (row: number, step: number) => void,
  ) {
    this.sweeps = sweeps(app.network.layers);
    this.film = new Film(app, openBox);
    this.speed = startSpeed(app.run.steps);
    this.clock = new Clock((seconds) => this.picture(seconds));
    const again = nextFrame(() => {
      this.film.values();
      this.film.draw();
    });
    app.on("values", again);
    app.on("sequence", () => {
      this.pause();
      this.film.clear();
      this.film.centre = this.film.bounded(app.step);
      this.follow();
    });
    app.on("step", () => this.follow());
    this.setSweep(0);
  }

  /** Called whenever the state of the buttons may have changed. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  private told(): void {
    for (const listener of this.listeners) listener();
  }

  get sweep(): Sweep {
    return this.sweeps[this.chosen] ?? { name: "", reverse: false, rows: [] };
  }

  get sweepIndex(): number {
    return this.chosen;
  }

  setSweep(index: number): void {
    this.chosen = index;
    const rows = new Set(this.sweep.rows);
    this.film.active = (direction) => rows.has(direction);
    this.film.reverse = this.sweep.reverse;
    this.told();
    this.follow();
  }

  get unfolded(): boolean {
    return this.target > 0;
  }

  setUnfolded(unfolded: boolean): void {
    this.target = unfolded ? 1 : 0;
    if (still()) this.unfolding = this.target;
    this.told();
    this.clock.wake();
  }

  /** Hold the movement at a place from 0, folded, to 1. */
  hold(open: number): void {
    this.unfolding = this.target = Math.max(0, Math.min(1, open));
    this.told();
    this.clock.wake();
  }

  play(): void {
    const { run, step } = this.app;
    this.position = instantOf(this.sweep, step, run.steps);
    if (this.position >= run.steps - 1) this.position = 0;
    this.playing = true;
    this.follow();
    this.told();
  }

  pause(): void {
    this.playing = false;
    this.film.phase = null;
    this.told();
    this.clock.wake();
  }

  /** One time instance on, in the direction of the sweep, or back. */
  advance(by: number): void {
    this.pause();
    this.app.step += this.sweep.reverse ? -by : by;
  }

  /** Move the picture by so many time instances. */
  pan(by: number): void {
    if (!this.unfolded) return;
    this.follows = false;
    this.film.centre = this.film.bounded(this.film.centre + by);
    this.film.draw();
  }

  private follow(): void {
    this.follows = true;
    this.clock.wake();
  }

  private picture(seconds: number): boolean {
    const { app, film } = this;
    if (this.playing) this.run(seconds);
    const boxes = Math.min(14, film.fits, app.run.steps);
    const way = seconds / (0.9 + 0.13 * boxes);
    this.unfolding += Math.max(-way, Math.min(way, this.target - this.unfolding));
    film.open = ease(this.unfolding);
    let wanted = film.centre;
    if (this.follows) {
      const place = this.playing && !still() ? this.glide() : app.step;
      wanted = film.bounded(place);
      const near = still() || (this.playing && this.speed > FOLLOWED) ? 1 : 1 - Math.exp(-seconds * 9);
      film.centre += (wanted - film.centre) * near;
      if (Math.abs(wanted - film.centre) < 0.002) film.centre = wanted;
    }
    film.draw();
    return this.playing || this.unfolding !== this.target || film.centre !== wanted;
  }

  /** The place of the picture while playing: it moves on together with the state. */
  private glide(): number {
    const done = Math.floor(this.position);
    const part = this.position - done;
    const on = this.speed > FOLLOWED ? part : ease(Math.max(0, (part - 0.5) / 0.5));
    return instantOf(this.sweep, Math.min(this.app.run.steps - 1, done + on), this.app.run.steps);
  }

  private run(seconds: number): void {
    const { steps } = this.app.run;
    this.position += (seconds / INSTANT) * this.speed;
    if (this.position >= steps) {
      if (this.chosen + 1 < this.sweeps.length) {
        this.setSweep(this.chosen + 1);
        this.position = 0;
      } else {
        this.app.step = instantOf(this.sweep, steps - 1, steps);
        this.pause();
        return;
      }
    }
    this.app.step = instantOf(this.sweep, Math.floor(this.position), steps);
    this.film.phase = still() || this.speed > FOLLOWED ? 1 : this.position % 1;
  }
}

/** A whole sequence in a minute or so. */
export function startSpeed(steps: number): number {
  return steps <= 40 ? 1 : steps <= 160 ? 4 : steps <= 640 ? 16 : 64;
}
