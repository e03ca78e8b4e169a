/** A whole network over a sequence: layers, directions, residual connections and head, all or only what changed. */

import { machineOf, type Machine } from "./machine.ts";
import type { Direction, Head, Network } from "./report.ts";

/** A state that a direction takes into a time instance, in place of the one that was handed on. */
export interface Edit {
  direction: string;
  state: string;
  step: number;
  values: ArrayLike<number>;
}

export interface Given {
  steps: number;
  /** What the first layer reads, `(steps, features)`. */
  input: Float32Array;
  /** The state before the first time instance, by "layer1.forward.h"; where there is none, zeros. */
  initial: Record<string, ArrayLike<number>>;
  edits: Edit[];
}

export interface Unfolding {
  /** What each layer reads, `(steps, width)`. */
  reads: Float32Array[];
  /** What the last layer says. */
  output: Float32Array;
  /** States after, and named values within each time instance, by "layer1.forward.forget_gate". */
  values: Map<string, Float32Array>;
  /** What the head says: `(steps, outputs)` or `(outputs)`; null where it has no program. */
  said: Float32Array | null;
}

/** Time instances, both included; empty where `from > to`. */
interface Range {
  from: number;
  to: number;
}

/** Why a network cannot be computed here; null where it can. */
export function whyNot(network: Network): string | null {
  for (const layer of network.layers)
    for (const { name, cell } of layer.directions)
      if (cell.program === null) return `${name} (${cell.kind}): ${cell.why ?? "there is no program"}`;
  return null;
}

/**
 * Unfold a network.
 *
 * @param again - An earlier result and the time instances whose input or edits have changed since: only what depends
 *   on them is computed; the earlier result stays as it is.
 */
export function unfoldNetwork(network: Network, given: Given, again?: { before: Unfolding } & Range): Unfolding {
  const { steps } = given;
  if (again && again.from > again.to) return again.before;
  const before = again?.before;
  const range: Range = again ? { from: again.from, to: again.to } : { from: 0, to: steps - 1 };
  const result: Unfolding = { reads: [], output: given.input, values: new Map(), said: null };
  let changed = range;
  network.layers.forEach((layer, depth) => {
    const reads = result.output;
    result.reads.push(reads);
    const width = layer.directions.reduce((sum, { cell }) => sum + cell.outputSize, 0);
    const earlier = before && (before.reads[depth + 1] ?? before.output);
    const output = earlier ? earlier.slice() : new Float32Array(steps * width);
    let next = changed;
    let column = 0;
    for (const direction of layer.directions) {
      const part: Range = direction.reverse
        ? { from: 0, to: Math.max(changed.to, range.to) }
        : { from: Math.min(changed.from, range.from), to: steps - 1 };
      const to: Columns = { output, width, column, added: network.residual && output.length === reads.length };
      unfoldDirection(direction, given, reads, to, part, result.values, before);
      next = { from: Math.min(next.from, part.from), to: Math.max(next.to, part.to) };
      column += direction.cell.outputSize;
    }
    changed = next;
    result.output = output;
  });
  if (network.head?.program) result.said = say(network.head, given, result.output, changed, before?.said ?? null);
  return result;
}

interface Columns {
  output: Float32Array;
  /** Numbers of a row, and the first of this direction. */
  width: number;
  column: number;
  /** Whether what the layer reads is added. */
  added: boolean;
}

/** One direction over the time instances of a range, in its order of time. */
function unfoldDirection(
  direction: Direction,
  given: Given,
  reads: Float32Array,
  to: Columns,
  range: Range,
  values: Map<string, Float32Array>,
  before: Unfolding | undefined,
): void {
  const { cell, name, reverse } = direction;
  if (cell.program === null) throw new Error(`${name} has no program`);
  const { steps } = given;
  const machine = machineOf(cell.program);
  const keep = (part: string, size: number): Float32Array => {
    const array = before?.values.get(`${name}.${part}`)?.slice() ?? new Float32Array(steps * size);
    values.set(`${name}.${part}`, array);
    return array;
  };
  const taps = cell.program.taps.map(({ name: tap, at }) => ({ at, array: keep(tap, machine.values(at).length) }));
  const states = cell.states.map(({ name: part }, i) => keep(part, machine.states[i]!.length));
  const start = reverse ? Math.min(range.to, steps - 1) : range.from;
  let state: ArrayLike<number>[] = cell.states.map(({ name: part }, i) => {
    const size = machine.states[i]!.length;
    const last = reverse ? start + 1 : start - 1;
    if (last >= 0 && last < steps) return states[i]!.slice(last * size, (last + 1) * size);
    return given.initial[`${name}.${part}`] ?? new Float32Array(size);
  });
  const edits = editsOf(direction, given.edits);
  for (let t = start; reverse ? t >= 0 : t < steps; t += reverse ? -1 : 1) {
    const edited = edits.get(t);
    if (edited) state = state.map((part, i) => edited[i] ?? part);
    machine.run(reads.subarray(t * cell.inputSize, (t + 1) * cell.inputSize), state);
    record(machine, t, states, taps);
    const first = t * to.width + to.column;
    to.output.set(machine.output, first);
    if (to.added) for (let i = 0; i < cell.outputSize; i++) to.output[first + i]! += reads[first + i]!;
    state = machine.states;
  }
}

function record(machine: Machine, t: number, states: Float32Array[], taps: { at: number; array: Float32Array }[]): void {
  for (const { at, array } of taps) {
    const now = machine.values(at);
    array.set(now, t * now.length);
  }
  for (let i = 0; i < states.length; i++) states[i]!.set(machine.states[i]!, t * machine.states[i]!.length);
}

/** By time instance, the edited parts of the state in the order of the cell. */
function editsOf(direction: Direction, edits: Edit[]): Map<number, (ArrayLike<number> | undefined)[]> {
  const found = new Map<number, (ArrayLike<number> | undefined)[]>();
  for (const edit of edits) {
    if (edit.direction !== direction.name) continue;
    const parts = found.get(edit.step) ?? [];
    parts[direction.cell.states.findIndex(({ name }) => name === edit.state)] = edit.values;
    found.set(edit.step, parts);
  }
  return found;
}

/** What the head makes of the outputs. */
function say(head: Head, given: Given, output: Float32Array, changed: Range, before: Float32Array | null): Float32Array {
  const machine = machineOf(head.program!);
  const { steps, input } = given;
  const size = machine.output.length;
  const finish = head.then === "softmax" ? softmax : (numbers: Float64Array) => numbers;
  if (head.reads === "end") {
    const rows = head.pools.map((pool) => pooled(pool, output, steps));
    machine.run(joined([...rows, ...(head.features ? [input] : [])]), []);
    return Float32Array.from(finish(machine.output));
  }
  const said = before?.slice() ?? new Float32Array(steps * size);
  const [width, features] = [output.length / steps, input.length / steps];
  for (let t = changed.from; t <= changed.to; t++) {
    const row = output.subarray(t * width, (t + 1) * width);
    machine.run(head.features ? joined([row, input.subarray(t * features, (t + 1) * features)]) : row, []);
    said.set(finish(machine.output), t * size);
  }
  return said;
}

/** The outputs of all time instances as one row. */
function pooled(pool: "last" | "mean" | "max", output: Float32Array, steps: number): Float64Array {
  const width = output.length / steps;
  const row = new Float64Array(width).fill(pool === "max" ? -Infinity : 0);
  for (let t = pool === "last" ? steps - 1 : 0; t < steps; t++)
    for (let i = 0; i < width; i++) {
      const value = output[t * width + i]!;
      row[i] = pool === "max" ? Math.max(row[i]!, value) : row[i]! + value;
    }
  return pool === "mean" ? row.map((sum) => sum / steps) : row;
}

function joined(parts: ArrayLike<number>[]): Float64Array {
  const row = new Float64Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    row.set(part, at);
    at += part.length;
  }
  return row;
}

/** Shares that sum to 1. */
function softmax(numbers: Float64Array): Float64Array {
  const top = numbers.reduce((a, b) => Math.max(a, b), -Infinity);
  const shares = numbers.map((x) => Math.exp(x - top));
  const total = shares.reduce((a, b) => a + b, 0);
  return shares.map((share) => share / total);
}
