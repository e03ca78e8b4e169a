/**
 * Runs a program on one row: a step of a cell, or a head.
 *
 * A program is prepared once: each operation becomes a function without arguments that writes into an array of its
 * own. What no input reaches is computed then and never again.
 */

import { BINARY, UNARY } from "./functions.ts";
import type { Operation, Packed, Program } from "./report.ts";
import { broadcastSteps, places, sizeOf, strides } from "./shapes.ts";

export interface Result {
  /** The arrays belong to the machine: they hold until its next run. */
  output: Float64Array;
  states: Float64Array[];
  /** The value of operation `i`, in the order of rows. */
  values(i: number): Float64Array;
}

/** The numbers of a packed array. */
export function unpack(packed: Packed): Float32Array {
  const text = atob(packed.data);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const view = new DataView(bytes.buffer);
  const numbers = new Float32Array(bytes.length / 4);
  for (let i = 0; i < numbers.length; i++) numbers[i] = view.getFloat32(4 * i, true);
  return numbers;
}

const prepared = new WeakMap<Program, Machine>();

/** Run a program on one row; the machine that it needs is made at the first call. */
export function run(program: Program, input: ArrayLike<number>, states: ArrayLike<number>[]): Result {
  return machineOf(program).run(input, states);
}

export function machineOf(program: Program): Machine {
  let machine = prepared.get(program);
  if (machine === undefined) {
    machine = new Machine(program);
    prepared.set(program, machine);
  }
  return machine;
}

export class Machine implements Result {
  readonly output: Float64Array;
  readonly states: Float64Array[];
  private readonly program: Program;
  private readonly arrays: Float64Array[] = [];
  private readonly steps: (() => void)[] = [];
  private readonly input: Float64Array[] = [];
  private readonly before: Float64Array[][];

  constructor(program: Program) {
    this.program = program;
    this.before = program.states.map(() => []);
    const varies: boolean[] = [];
    for (const operation of program.operations) {
      const given = operation.op === "input" || operation.op === "state";
      const varying = given || operation.inputs.some((i) => varies[i]!);
      varies.push(varying);
      const step = this.prepare(operation);
      if (step === null) continue;
      if (varying) this.steps.push(step);
      else step();
    }
    this.output = new Float64Array(this.arrays[program.output]!.length);
    this.states = program.states.map((i) => new Float64Array(this.arrays[i]!.length));
  }

  run(input: ArrayLike<number>, states: ArrayLike<number>[]): Result {
    for (const array of this.input) array.set(input);
    for (let i = 0; i < this.before.length; i++) for (const array of this.before[i]!) array.set(states[i]!);
    for (const step of this.steps) step();
    this.output.set(this.arrays[this.program.output]!);
    for (let i = 0; i < this.states.length; i++) this.states[i]!.set(this.arrays[this.program.states[i]!]!);
    return this;
  }

  values(i: number): Float64Array {
    return this.arrays[i]!;
  }

  /** Give an operation its array; the function that fills it, or null where it has its numbers from elsewhere. */
  private prepare(operation: Operation): (() => void) | null {
    const { op, shape, attributes } = operation;
    const from = operation.inputs.map((i) => this.arrays[i]!);
    const shapes = operation.inputs.map((i) => this.program.operations[i]!.shape);
    const alias = aliased(operation, from, shapes);
    if (alias !== null) {
      this.arrays.push(alias);
      return null;
    }
    if (op === "tensor") {
      // One kind of array throughout: the loops run several times as fast.
      this.arrays.push(Float64Array.from(unpack(this.program.tensors[attributes[0] as number]!.value)));
      return null;
    }
    const out = new Float64Array(sizeOf(shape));
    this.arrays.push(out);
    switch (op) {
      case "number":
        out[0] = Number(attributes[0]);
        return null;
      case "input":
        this.input.push(out);
        return null;
      case "state":
        this.before[attributes[0] as number]!.push(out);
        return null;
      case "slice": {
        const [axis, start, , step] = attributes as number[];
        const steps = strides(shapes[0]!);
        const first = start! * steps[axis!]!;
        steps[axis!]! *= step!;
        return gather(out, from[0]!, places(shape, steps, first));
      }
      case "permute": {
        const own = strides(shapes[0]!);
        return gather(out, from[0]!, places(shape, (attributes[0] as number[]).map((axis) => own[axis]!)));
      }
      case "expand":
        return gather(out, from[0]!, places(shape, broadcastSteps(shapes[0]!, shape)));
      case "cat":
        return sideBySide(out, from, shapes, shape, attributes[0] as number);
      case "sum":
        return reduce(out, from[0]!, shapes[0]!, shape, 0, BINARY.add!);
      case "max":
        return reduce(out, from[0]!, shapes[0]!, shape, -Infinity, Math.max);
      case "where":
        return choose(out, from, shapes.map((one) => places(shape, broadcastSteps(one, shape))));
      case "linear":
        return products(out, from, shapes, attributes as boolean[]);
      case "matmul":
        return matrices(out, from, shapes, shape);
    }
    if (op in UNARY) return each(out, from[0]!, UNARY[op]!, Number(attributes[0]));
    if (op in BINARY) return pairs(out, from, shapes, shape, BINARY[op]!);
    throw new Error(`operation ${op} is not known`);
  }
}

/** An array that another operation already has, or a stretch of it. */
function aliased(operation: Operation, from: Float64Array[], shapes: number[][]): Float64Array | null {
  if (operation.op === "reshape") return from[0]!;
  if (operation.op !== "slice") return null;
  const [axis, start, stop, step] = operation.attributes as number[];
  if (step !== 1 || sizeOf(shapes[0]!.slice(0, axis)) !== 1) return null;
  const stride = strides(shapes[0]!)[axis!]!;
  return from[0]!.subarray(start! * stride, stop! * stride);
}

function gather(out: Float64Array, x: Float64Array, at: Int32Array): () => void {
  return () => {
    for (let i = 0; i < out.length; i++) out[i] = x[at[i]!]!;
  };
}

function each(out: Float64Array, x: Float64Array, f: (x: number, a: number) => number, attribute: number): () => void {
  return () => {
    for (let i = 0; i < out.length; i++) out[i] = f(x[i]!, attribute);
  };
}

function pairs(
  out: Float64Array,
  [a, b]: Float64Array[],
  [shapeOfA, shapeOfB]: number[][],
  shape: number[],
  f: (a: number, b: number) => number,
): () => void {
  const [x, y] = [a!, b!];
  if (x.length === out.length && y.length === out.length)
    return () => {
      for (let i = 0; i < out.length; i++) out[i] = f(x[i]!, y[i]!);
    };
  const atX = places(shape, broadcastSteps(shapeOfA!, shape));
  const atY = places(shape, broadcastSteps(shapeOfB!, shape));
  return () => {
    for (let i = 0; i < out.length; i++) out[i] = f(x[atX[i]!]!, y[atY[i]!]!);
  };
}

function choose(out: Float64Array, [condition, a, b]: Float64Array[], [atC, atA, atB]: Int32Array[]): () => void {
  return () => {
    for (let i = 0; i < out.length; i++) out[i] = condition![atC![i]!] !== 0 ? a![atA![i]!]! : b![atB![i]!]!;
  };
}

function sideBySide(out: Float64Array, from: Float64Array[], shapes: number[][], shape: number[], axis: number): () => void {
  const steps = strides(shape);
  let first = 0;
  const spots = shapes.map((one) => {
    const spot = places(one, steps, first * steps[axis]!);
    first += one[axis]!;
    return spot;
  });
  return () => {
    for (let part = 0; part < from.length; part++) {
      const [x, at] = [from[part]!, spots[part]!];
      for (let i = 0; i < at.length; i++) out[at[i]!] = x[i]!;
    }
  };
}

function reduce(
  out: Float64Array,
  x: Float64Array,
  from: number[],
  to: number[],
  start: number,
  f: (a: number, b: number) => number,
): () => void {
  const at = places(from, broadcastSteps(to, from));
  return () => {
    out.fill(start);
    for (let i = 0; i < at.length; i++) out[at[i]!] = f(out[at[i]!]!, x[i]!);
  };
}

/** The sum of products with matrices, each transposed or not, and of the vectors that are left. */
function products(out: Float64Array, from: Float64Array[], shapes: number[][], transposed: boolean[]): () => void {
  const parts = transposed.map((turned, i) => {
    const [rows, columns] = shapes[2 * i + 1]!;
    const add = turned ? addTransposed : addProduct;
    return () => add(out, from[2 * i]!, from[2 * i + 1]!, turned ? columns! : rows!, turned ? rows! : columns!);
  });
  const biases = from.slice(2 * transposed.length);
  return () => {
    out.fill(0);
    for (const part of parts) part();
    for (const bias of biases) for (let i = 0; i < out.length; i++) out[i]! += bias[i % bias.length]!;
  };
}

/** Adds `x · w` for each row of `k` numbers in `x`, where `w` is `k` by `n`. */
function addProduct(out: Float64Array, x: Float64Array, w: Float64Array, k: number, n: number): void {
  for (let row = 0; row * n < out.length; row++)
    for (let i = 0; i < k; i++) {
      const factor = x[row * k + i]!;
      for (let j = 0; j < n; j++) out[row * n + j]! += factor * w[i * n + j]!;
    }
}

/** The same where `w` is `n` by `k`: four sums at once, so that an addition need not wait for the one before. */
function addTransposed(out: Float64Array, x: Float64Array, w: Float64Array, k: number, n: number): void {
  for (let row = 0; row * n < out.length; row++) {
    const first = row * k;
    let j = row * n;
    let at = 0;
    for (const end = j + n - 3; j < end; j += 4, at += 4 * k) {
      let a = 0;
      let b = 0;
      let c = 0;
      let d = 0;
      for (let i = 0; i < k; i++) {
        const factor = x[first + i]!;
        a += factor * w[at + i]!;
        b += factor * w[at + k + i]!;
        c += factor * w[at + 2 * k + i]!;
        d += factor * w[at + 3 * k + i]!;
      }
      out[j]! += a;
      out[j + 1]! += b;
      out[j + 2]! += c;
      out[j + 3]! += d;
    }
    for (; j < (row + 1) * n; j++, at += k) {
      let sum = 0;
      for (let i = 0; i < k; i++) sum += x[first + i]! * w[at + i]!;
      out[j]! += sum;
    }
  }
}

function matrices(out: Float64Array, [a, b]: Float64Array[], [left, right]: number[][], shape: number[]): () => void {
  const [m, n] = shape.slice(-2) as [number, number];
  const k = left!.at(-1)!;
  const stack = shape.slice(0, -2);
  const starts = (one: number[]) => places(stack, broadcastSteps(one.slice(0, -2), stack));
  const [ofA, ofB] = [starts(left!), starts(right!)];
  return () => {
    out.fill(0);
    for (let matrix = 0; matrix < ofA.length; matrix++)
      for (let i = 0; i < m; i++)
        for (let l = 0; l < k; l++) {
          const factor = a![ofA[matrix]! * m * k + i * k + l]!;
          const [to, at] = [(matrix * m + i) * n, ofB[matrix]! * k * n + l * n];
          for (let j = 0; j < n; j++) out[to + j]! += factor * b![at + j]!;
        }
  };
}
