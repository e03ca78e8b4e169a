/** What all parts of the page share: the report, the sequence that is shown, and the instant that is looked at. */

import { Emitter } from "./emitter";
import type { Direction, Report } from "./report";
import { Run } from "./run";

/** "sequence": another one is shown; "step": another instant; "values": something was computed anew; "box": another
 * cell is looked into; "theme": other colours. */
export type Change = "sequence" | "step" | "values" | "box" | "theme";

export class App extends Emitter<Change> {
  private readonly runs = new Map<number, Run>();
  private chosen = 0;
  private instant = 0;
  private cell = 0;

  constructor(readonly report: Report) {
    super();
  }

  get network() {
    return this.report.network;
  }

  /** The sequence that is shown, with what was computed anew for it. */
  get run(): Run {
    let run = this.runs.get(this.chosen);
    if (!run) {
      const sequence = this.report.sequences[this.chosen];
      if (!sequence) throw new Error("the report holds no sequence");
      run = new Run(this.network, sequence);
      this.runs.set(this.chosen, run);
    }
    return run;
  }

  get sequence(): number {
    return this.chosen;
  }

  set sequence(index: number) {
    this.chosen = index;
    this.instant = Math.min(this.instant, this.run.steps - 1);
    this.emit("sequence");
  }

  get step(): number {
    return this.instant;
  }

  set step(step: number) {
    const next = Math.max(0, Math.min(this.run.steps - 1, Math.round(step)));
    if (next === this.instant) return;
    this.instant = next;
    this.emit("step");
  }

  /** All directions of all layers, bottom first. */
  get directions(): Direction[] {
    return this.network.layers.flatMap((layer) => layer.directions);
  }

  /** The direction whose box is open. */
  get box(): number {
    return this.cell;
  }

  set box(index: number) {
    this.cell = index;
    this.emit("box");
  }

  /** What somebody changed is computed anew, and everybody told. */
  recompute(): void {
    this.run.recompute();
    this.emit("values");
  }
}
