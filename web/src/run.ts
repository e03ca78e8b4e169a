/** One sequence: what was recorded, what somebody changed, and what follows from it. */

import { Grid, grid } from "./grid";
import { unpack } from "./machine";
import { unfoldNetwork, whyNot, type Edit, type Unfolding } from "./network";
import { differs, visible } from "./numbers";
import type { Channel, Network, Sequence } from "./report";

export interface StateEdit extends Edit {
  values: Float32Array;
}

export class Run {
  readonly steps: number;
  readonly input: Grid;
  readonly truth: Float32Array | null;
  readonly relevance: Grid | null;
  /** What the first layer reads now. */
  given: Grid;
  readonly states = new Map<string, StateEdit>();
  /** Why nothing can be computed anew; null where it can. */
  readonly obstacle: string | null;
  private readonly recorded = new Map<string, Grid>();
  private readonly starts = new Map<string, Float32Array>();
  private readonly level: Float32Array | null;
  private readonly offset: Float32Array | null;
  private readonly recordedOutput: Grid;
  private readonly recordedSaid: Grid | null;
  private readonly base: Unfolding | null;
  /** Time instances at which somebody changed something. */
  readonly touched = new Set<number>();
  private readonly scales = new Map<string, number>();
  private table: Grid | null = null;
  private live: Unfolding | null = null;

  constructor(
    readonly network: Network,
    readonly sequence: Sequence,
  ) {
    this.steps = sequence.steps;
    this.input = grid(sequence.input);
    this.given = this.input;
    this.recordedOutput = grid(sequence.output);
    this.recordedSaid = sequence.said && this.saidGrid(unpack(sequence.said));
    this.truth = sequence.truth && unpack(sequence.truth);
    this.relevance = sequence.relevance && grid(sequence.relevance);
    this.level = sequence.level ? unpack(sequence.level) : null;
    this.offset = sequence.offset ? unpack(sequence.offset) : null;
    this.obstacle =
      whyNot(network) ??
      (sequence.kept ? "only some of its time instances are kept here, and a state needs them all" : null);
    this.base = this.obstacle === null ? this.unfold(this.input, []) : null;
  }

  /** The head's answer has one row for each time instance, or one for the sequence. */
  private saidGrid(data: Float32Array): Grid {
    return new Grid(data, this.network.head?.reads === "step" ? this.steps : 1);
  }

  private unfold(input: Grid, edits: Edit[], again?: { before: Unfolding; from: number; to: number }): Unfolding {
    const initial: Record<string, Float32Array> = {};
    for (const [name, packed] of Object.entries(this.sequence.initial)) initial[name] = unpack(packed);
    return unfoldNetwork(this.network, { steps: this.steps, input: input.data, initial, edits }, again);
  }

  /** By how much the outputs computed here differ at most from those recorded; null where nothing is computed. */
  get departure(): number | null {
    if (!this.base) return null;
    let most = 0;
    this.base.output.forEach((value, i) => {
      const recorded = this.recordedOutput.data[i] ?? NaN;
      if (differs(value, recorded)) most = Math.max(most, Math.abs(value - recorded) || Infinity);
    });
    return most;
  }

  private computed(from: Unfolding | null, name: string): Grid | null {
    const found = from?.values.get(name);
    return found ? new Grid(found, this.steps) : null;
  }

  get changed(): boolean {
    return this.given !== this.input || this.states.size > 0;
  }

  /** A state or a named value of all time instances, as recorded. */
  before(name: string): Grid | null {
    let found = this.recorded.get(name) ?? null;
    if (!found) {
      const packed = this.sequence.values[name];
      found = packed ? grid(packed) : this.computed(this.base, name);
      if (found) this.recorded.set(name, found);
    }
    return found;
  }

  /** The same, as it is now. */
  value(name: string): Grid | null {
    return this.computed(this.live, name) ?? this.before(name);
  }

  start(name: string): Float32Array {
    let found = this.starts.get(name);
    if (!found) {
      const packed = this.sequence.initial[name];
      found = packed ? unpack(packed) : new Float32Array(this.before(name)?.width ?? 0);
      this.starts.set(name, found);
    }
    return found;
  }

  /** The state that a direction takes into a time instance, now or as recorded. */
  entering(direction: string, state: string, reverse: boolean, step: number, now = true): Float32Array {
    const edit = now ? this.states.get(`${direction}.${state}@${step}`) : undefined;
    if (edit) return edit.values;
    const name = `${direction}.${state}`;
    const from = reverse ? step + 1 : step - 1;
    if (from < 0 || from >= this.steps) return this.start(name);
    return (now ? this.value(name) : this.before(name))?.row(from) ?? new Float32Array(0);
  }

  /** What a layer reads; null where only a computation would tell. */
  reads(layer: number, now = true): Grid | null {
    if (layer === 0) return now ? this.centred : this.input;
    const found = ((now && this.live) || this.base)?.reads[layer];
    return found ? new Grid(found, this.steps) : null;
  }

  output(now = true): Grid {
    return now && this.live ? new Grid(this.live.output, this.steps) : this.recordedOutput;
  }

  said(now = true): Grid | null {
    if (now && this.live?.said) return this.saidGrid(this.moved(this.live.said));
    return this.recordedSaid ?? (this.base?.said ? this.saidGrid(this.base.said) : null);
  }

  /** A number of the first layer's input as the data have it. */
  shown(channel: number, value: number): number {
    const one = this.network.inputs[channel];
    return one ? scaled(one, value + (this.level?.[channel] ?? 0)) : value;
  }

  /** Whether the network reads other numbers than the data hold. */
  get isScaled(): boolean {
    return this.level !== null || this.network.inputs.some((one) => one.mean !== 0 || one.std !== 1);
  }

  /** And back again. */
  hidden(channel: number, shown: number): number {
    const one = this.network.inputs[channel];
    return one ? (shown - one.mean) / (one.std || 1) - (this.level?.[channel] ?? 0) : shown;
  }

  /** A number of the head as the data have it. */
  spoken(output: number, value: number): number {
    const head = this.network.head;
    const one = head?.outputs[output];
    return one && head.then === "none" ? scaled(one, value + (this.offset?.[output] ?? 0)) : value;
  }

  /** What a time instance is called. */
  time(step: number): string {
    const named = this.sequence.times?.[step];
    const { embedding } = this.network;
    if (named !== undefined && !embedding) return named;
    const character = embedding && named !== undefined ? `, ${visible(named)}` : "";
    return `t = ${(this.sequence.kept?.[step] ?? step) * this.network.frame}${character}`;
  }

  /** The size of a full bar, for what goes by one name in this sequence. */
  scaleOf(name: string): number {
    let found = this.scales.get(name);
    if (found === undefined) {
      const values = name === "input" ? this.input : name === "output" ? this.recordedOutput : this.before(name);
      this.scales.set(name, (found = values?.largest ?? 1));
    }
    return found;
  }

  /** The character whose row of the table is read at a time instance; null where there are no characters. */
  token(step: number): string | null {
    return this.tokenOf(this.given.row(step));
  }

  recordedToken(step: number): string | null {
    return this.tokenOf(this.input.row(step));
  }

  private tokenOf(row: Float32Array): string | null {
    const { embedding } = this.network;
    if (!embedding) return null;
    this.table ??= grid(embedding.table);
    for (let i = 0; i < this.table.rows; i++) {
      const one = this.table.row(i);
      if (row.every((value, j) => value === one[j])) return embedding.tokens[i] ?? null;
    }
    return null;
  }

  setToken(step: number, index: number): void {
    const { embedding } = this.network;
    if (!embedding) return;
    this.table ??= grid(embedding.table);
    this.setInput(step, this.table.row(index));
  }

  setInput(step: number, values: Float32Array): void {
    if (this.given === this.input) this.given = this.input.copy();
    this.given.row(step).set(values);
    this.touched.add(step);
  }

  setState(edit: StateEdit): void {
    this.states.set(`${edit.direction}.${edit.state}@${edit.step}`, edit);
    this.touched.add(edit.step);
  }

  /** By how much the level of each input moved: it is the last value of the sequence, and all others are read from it. */
  private get levelMoved(): Float32Array | null {
    if (!this.level || this.given === this.input) return null;
    const [now, before] = [this.given.row(this.steps - 1), this.input.row(this.steps - 1)];
    const by = now.map((value, i) => (this.network.inputs[i]?.kind === "channel" ? value - (before[i] ?? 0) : 0));
    return by.some((value) => value !== 0) ? by : null;
  }

  /** What is read now, from the level of now. */
  private get centred(): Grid {
    const by = this.levelMoved;
    if (!by) return this.given;
    const found = this.given.copy();
    for (let step = 0; step < this.steps; step++) found.row(step).forEach((value, i, row) => (row[i] = value - (by[i] ?? 0)));
    return found;
  }

  /** What the head says, from the level that was recorded. */
  private moved(said: Float32Array): Float32Array {
    const by = this.levelMoved;
    const about = this.network.head?.about;
    return by && about ? said.map((value, i) => value + (by[about[i] ?? 0] ?? 0)) : said;
  }

  reset(): void {
    this.given = this.input;
    this.states.clear();
    this.touched.clear();
    this.live = null;
  }

  recompute(): void {
    if (!this.base || !this.changed) {
      this.live = null;
      return;
    }
    const steps = [...this.touched].sort((a, b) => a - b);
    const [from = 0, to = this.steps - 1] = [steps[0], steps[steps.length - 1]];
    const whole = this.levelMoved ? { from: 0, to: this.steps - 1 } : { from, to };
    this.live = this.unfold(this.centred, [...this.states.values()], { before: this.base, ...whole });
  }
}

const scaled = (channel: Channel, value: number): number => value * channel.std + channel.mean;
