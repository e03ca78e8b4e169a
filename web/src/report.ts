/**
 * What a report holds: the contract between `elman.explain` (Python) and the page.
 *
 * It is one JSON object in `<script type="application/json" id="report">`. JSON knows no NaN and no infinity: numbers
 * that may be either stand in packed arrays, or are written as the strings "NaN", "Infinity", "-Infinity".
 */

/** Numbers, little-endian float32 in base64, in the order of rows. */
export interface Packed {
  shape: number[];
  data: string;
}

export type Num = number | "NaN" | "Infinity" | "-Infinity";

export interface Report {
  format: 1;
  title: string;
  /** One plain sentence: what this network does, with what. */
  lead: string;
  task: "cell" | "layer" | "module" | "forecast" | "classify" | "regress" | "tag" | "generate";
  /** What the network is and what it was trained on, line by line. */
  facts: { name: string; text: string }[];
  scores: Scores | null;
  /** What was sampled or left out, and why. */
  notes: string[];
  network: Network;
  /** The worst first. */
  sequences: Sequence[];
  diagnosis: Finding[];
}

export interface Scores {
  metrics: { name: string; unit: string; higherIsBetter: boolean }[];
  rows: { method: string; values: (Num | null)[]; ours: boolean }[];
}

/** One feature that the network reads or one number that it says; shown is `value * std + mean`. */
export interface Channel {
  name: string;
  unit: string;
  mean: number;
  std: number;
  /** A measured channel, or one made of it: a mark of what was missing, the time since, what is known of the origin. */
  kind: "channel" | "mark";
}

export interface Network {
  /** What the first layer reads at each time instance. */
  inputs: Channel[];
  /** Time steps of the data that are one time instance of the network. */
  frame: number;
  /** Bottom first. */
  layers: Layer[];
  /** Whether a layer adds its input to its output where both have the same width. */
  residual: boolean;
  head: Head | null;
  /** Where the inputs are characters: what stands for each of them, `(tokens, features)`. */
  embedding: { tokens: string[]; table: Packed } | null;
}

export interface Layer {
  /** "layer1" */
  name: string;
  /** Forward, and backward if there is one; their outputs stand side by side. */
  directions: Direction[];
}

export interface Direction {
  /** "layer1.forward": what the names of its values begin with. */
  name: string;
  reverse: boolean;
  cell: CellCard;
}

export interface CellCard {
  /** The class, such as "LSTM". */
  kind: string;
  sentence: string;
  papers: string[];
  inputSize: number;
  hiddenSize: number;
  outputSize: number;
  states: { name: string; shape: number[] }[];
  /** The named values of a step, in its order; a gate lies between 0 and 1. */
  taps: { name: string; shape: number[]; gate: boolean }[];
  parameters: number;
  program: Program | null;
  /** Why there is no program: the page says it, and shows what was recorded. */
  why: string | null;
}

/**
 * A step (or a head) as a list of operations on one row, each after those that it reads: made from the captured
 * graph of the cell, never by hand. `machine.ts` runs it.
 */
export interface Program {
  /**
   * What the step reads besides input and state: parameters, buffers, constants, parts of them, and what is computed of
   * them alone; "weight_ih[5:10]", and the symbol that it has in the lines, "W_f"; "" where no line shows it.
   */
  tensors: { name: string; symbol: string; value: Packed }[];
  operations: Operation[];
  /** Indices of operations: the output, the new state in the order of `states`, and each tap. */
  output: number;
  states: number[];
  taps: { name: string; at: number }[];
  /** The step in the letters of its cell, line by line: `name = expression`, with what each reads. */
  lines: Line[];
}

export interface Operation {
  /** "input", "state", "tensor", "number", or an operation of a core such as "linear", "tanh", "slice". */
  op: string;
  inputs: number[];
  /** Of one row: the batch axis is left out. */
  shape: number[];
  /** Whatever else the operation needs: the number of a state, the axis of a slice, … */
  attributes: unknown[];
}

/** One line of the arithmetic of a step. */
export interface Line {
  /** What is computed: "forget gate", or "y"; "in between" for what several lines read and nobody named. */
  name: string;
  /** The letter that it has in the formulas: "f". Behind "_" stands what is written below the line: "W_f", "h_1". */
  symbol: string;
  /** The value that it ends in: an index of `operations`. */
  at: number;
  /** The formula, such as "σ(W_f·x + U_f·h(t−1) + b_f)"; "h(t−1)" is the state that came in. */
  formula: string;
  /**
   * Its parts in the order in which they are computed: "x·Wx", "+ y(t−1)·Wy", "+ b", "sum", "tanh"; each with its value.
   * Of a term of a sum that is its own value, without the sign; what stands in brackets comes before. None where the
   * line is another one's value under a second name.
   */
  parts: { text: string; at: number }[];
}

/** From the output of the last layer to what the network says. */
export interface Head {
  /**
   * What the program's input is. "step": the output of one time instance and, if `features`, what the first layer reads
   * there, side by side. "end": the outputs of all time instances, pooled in each of the ways of `pools`, side by side,
   * and behind them, if `features`, all that the first layer read, one time instance after the other.
   */
  reads: "step" | "end";
  /** Ways to pool over time: the last one (of a row; both directions of the last time instance), mean, maximum. */
  pools: ("last" | "mean" | "max")[];
  features: boolean;
  /** Null where it cannot be shown live; `why` says so. */
  program: Program | null;
  why: string | null;
  /** What becomes of its numbers: a softmax over classes, or nothing more. */
  then: "softmax" | "none";
  /** The names of the numbers it says: classes, tags, targets; for a forecast one for each step, target and quantile. */
  outputs: Channel[];
  /** The input that each of them is about, where it is about one: what a change of the level moves along. */
  about: number[] | null;
}

export interface Sequence {
  name: string;
  /** What was right and what was said: "class 3, taken for 5". */
  note: string;
  /** Time instances here. */
  steps: number;
  /** Time instances of the whole sequence, of which these are a part; `kept` says which, null for all of them. */
  total: number;
  kept: number[] | null;
  /** What to call each time instance: "2013-01-05 03:00", or a character; null for t = 0, 1, 2, … */
  times: string[] | null;
  /** What the first layer reads, `(steps, features)`. */
  input: Packed;
  /** What is added to a feature before it is shown in its unit, `(features)`, in the same scale: its level; or null. */
  level: Packed | null;
  /** What the last layer says, `(steps, outputSize)`. */
  output: Packed;
  /** The state before the first time instance, by "layer1.forward.h"; a backward direction begins at the end. */
  initial: Record<string, Packed>;
  /**
   * States after, and named values within each time instance, `(steps, …)`, by "layer1.forward.forget_gate". Empty where
   * every cell has a program and the sequence is whole (`kept` is null): then the page computes them when it opens,
   * and compares the outputs with those recorded in `output`.
   */
  values: Record<string, Packed>;
  /** What the head said: `(steps, outputs)` of a head that reads steps, else `(outputs)`; of a softmax the probabilities. */
  said: Packed | null;
  /** What is added to what the head says, `(outputs)`: what its program was not given; or null. */
  offset: Packed | null;
  /** What was right, in the same form where it is one. */
  truth: Packed | null;
  /** Lines over time for the picture of the whole: input, output, truth, bounds; a line may begin after the input. */
  lines: Course[];
  /** Norm of the gradient of the loss at each state and at the input, `(steps)`. */
  gradients: Record<string, Packed> | null;
  /** How much an input 0, 1, 2, … time instances back still changes an output, by direction, `(instances back)`. */
  memory: Record<string, Packed> | null;
  /** How much each input of each time instance counted, `(steps, features)`: gradient times input. */
  relevance: Packed | null;
}

export interface Course {
  name: string;
  unit: string;
  kind: "input" | "output" | "truth" | "lower" | "upper";
  /** The time instance of the first value; may be `steps`, for a forecast. */
  from: number;
  values: Packed;
}

export interface Finding {
  /** A few words: "forget gates closed". */
  title: string;
  /** Plain words, with the number behind them. */
  text: string;
  /** What to try. */
  advice: string;
  severity: "good" | "note" | "warning";
  /** The values that it is about, by name. */
  about: string[];
}
