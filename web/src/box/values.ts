/** What stands in a box: what comes in, the arithmetic line by line, what goes out. */

import type { App } from "../app";
import { run } from "../machine";
import { words } from "../named";
import type { CellCard, Direction, Program } from "../report";
import { visible } from "../numbers";
import type { Row } from "./vector";

/** Rows that belong together, such as the parts of one line. */
export interface Block {
  title: string;
  formula: string;
  rows: Row[];
}

/** Which layer a direction is in. */
export const layerOf = (app: App, direction: Direction): number =>
  app.network.layers.findIndex((layer) => layer.directions.includes(direction));

/** Why the arithmetic of a box cannot be shown; null where it can. */
export function hidden(app: App, direction: Direction): string | null {
  const { program, why } = direction.cell;
  if (!program) return why ?? "there is no program for it";
  if (app.run.sequence.kept) return app.run.obstacle;
  return app.run.reads(layerOf(app, direction)) ? null : app.run.obstacle;
}

/** The arithmetic of the current time instance; null where it cannot be shown. */
export function blocksOf(app: App, direction: Direction): Block[] | null {
  const { cell } = direction;
  if (!cell.program || hidden(app, direction) !== null) return null;
  const now = computed(app, direction, cell.program, true);
  const before = app.run.changed ? computed(app, direction, cell.program, false) : null;
  if (!now) return null;
  const row = (label: string, at: number, kind: string, gate = false): Row => ({
    label,
    values: now.at(at),
    before: before?.at(at) ?? null,
    kind,
    gate,
  });
  const first = layerOf(app, direction) === 0;
  const comesIn: Row[] = [
    { label: inputLabel(app, first), values: now.input, before: before?.input ?? null, kind: "input" },
    ...cell.states.map((state, i) => ({
      label: `state ${state.name}, handed on`,
      values: now.states[i] ?? [],
      before: before?.states[i] ?? null,
      kind: "state",
    })),
  ];
  const goesOut = [
    row("output", cell.program.output, "output"),
    ...cell.states.map((state, i) => row(`new state ${state.name}`, cell.program?.states[i] ?? 0, "state")),
  ];
  return [
    { title: "What comes in", formula: "", rows: comesIn },
    ...lines(cell, cell.program, row),
    { title: "What goes out", formula: "", rows: goesOut },
  ];
}

/** What a box reads: numbers of the data, those that stand for a character, or the output of the layer below. */
function inputLabel(app: App, first: boolean): string {
  if (!first) return "input x, from the layer below";
  if (app.network.embedding) return `input x: the numbers that stand for ${visible(app.run.token(app.step) ?? "a character")}`;
  return app.run.isScaled ? "input x, brought to a common scale" : "input x";
}

type RowOf = (label: string, at: number, kind: string, gate?: boolean) => Row;

function lines(cell: CellCard, program: Program, row: RowOf): Block[] {
  const gates = new Set(cell.taps.filter((tap) => tap.gate).map((tap) => tap.name));
  const gateAt = new Set(program.taps.filter((tap) => gates.has(tap.name)).map((tap) => tap.at));
  if (program.lines.length === 0)
    return program.taps.map((tap) => ({
      title: words(tap.name),
      formula: "",
      rows: [row(words(tap.name), tap.at, "sum", gates.has(tap.name))],
    }));
  return program.lines.map((line) => {
    const parts = line.parts.map((part) => row(part.text, part.at, "part"));
    const last = line.parts[line.parts.length - 1];
    const result = row(`= ${words(line.name)}`, line.at, "sum", gateAt.has(line.at));
    const ended = last?.at === line.at;
    if (ended) parts.pop();
    return {
      title: words(line.name),
      formula: line.formula,
      rows: [...parts, ended && last ? { ...result, label: `${last.text}  = ${words(line.name)}` } : result],
    };
  });
}

interface Computed {
  input: Float32Array;
  states: Float32Array[];
  at(operation: number): ArrayLike<number>;
}

function computed(app: App, direction: Direction, program: Program, now: boolean): Computed | null {
  const input = app.run.reads(layerOf(app, direction), now)?.row(app.step);
  if (!input) return null;
  const states = direction.cell.states.map((state) =>
    app.run.entering(direction.name, state.name, direction.reverse, app.step, now),
  );
  const result = run(program, input, states);
  const copies = program.operations.map((_, i) => Float32Array.from(result.values(i)));
  return { input, states, at: (operation) => copies[operation] ?? [] };
}

/** What was recorded of a box whose arithmetic cannot be shown. */
export function recorded(app: App, direction: Direction): Block[] {
  const { cell, name } = direction;
  const rows = (names: { name: string; gate: boolean }[], kind: string): Row[] =>
    names.flatMap((one) => {
      const values = app.run.value(`${name}.${one.name}`)?.row(app.step);
      return values ? [{ label: words(one.name), values, kind, gate: one.gate }] : [];
    });
  const states = new Set(cell.states.map((state) => state.name));
  const taps = cell.taps.filter((tap) => !states.has(tap.name));
  return [
    { title: "Recorded within the step", formula: "", rows: rows(taps, "sum") },
    { title: "State after the step", formula: "", rows: rows(cell.states.map((state) => ({ name: state.name, gate: false })), "state") },
  ].filter((block) => block.rows.length > 0);
}
