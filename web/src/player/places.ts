/** Where everything stands, from folded (open = 0) to unfolded (open = 1). */

import type { Channel, Direction, Network } from "../report";
import { glyphSize, type GlyphSize } from "./glyph";

/** States of a row that are drawn; the others are named in the box. */
export const MOST_STATES = 2;

export interface StatePlace {
  name: string;
  size: GlyphSize;
  /** The height of its arrow, and how far above it the loop of the folded network stands. */
  middle: number;
  lift: number;
}

export interface RowPlace {
  index: number;
  layer: number;
  direction: Direction;
  top: number;
  height: number;
  states: StatePlace[];
}

export interface Places {
  rows: RowPlace[];
  input: { top: number; size: GlyphSize };
  output: { top: number; size: GlyphSize };
  said: number;
  axis: number;
  height: number;
}

/** Sizes that do not move. */
export interface Sizes {
  box: number;
  gap: number;
  pitch: number;
  boxHeight: number;
  input: GlyphSize;
  output: GlyphSize;
  token: boolean;
  compact: boolean;
}

const ARROW = 26;
const width = (shape: number[]): number => shape.reduce((product, size) => product * size, 1);

export function sizesOf(network: Network, outputSize: number, compact: boolean): Sizes {
  const token = network.embedding !== null;
  const states = network.layers
    .flatMap((layer) => layer.directions)
    .flatMap((direction) => direction.cell.states.slice(0, MOST_STATES));
  const widest = Math.max(40, ...states.map((state) => glyphSize(width(state.shape), compact).width));
  const gap = widest + (compact ? 26 : 48);
  const input = token ? { columns: 1, rows: 1, width: 52, height: 40, numbers: true, unit: 52 } : glyphSize(network.inputs.length, compact);
  const output = glyphSize(outputSize, compact);
  const box = Math.max(compact ? 88 : 112, input.width, output.width);
  return { box, gap, pitch: box + gap, boxHeight: 66, input, output, token, compact };
}

export function placesOf(network: Network, sizes: Sizes, open: number): Places {
  const rows: RowPlace[] = [];
  const hasSaid = network.head?.reads === "step";
  const said = 20;
  let y = hasSaid ? 34 : 14;
  const output = { top: y, size: sizes.output };
  y += sizes.output.height + ARROW;
  let index = network.layers.reduce((count, layer) => count + layer.directions.length, 0);
  for (let layer = network.layers.length - 1; layer >= 0; layer--) {
    const directions = network.layers[layer]?.directions ?? [];
    for (const direction of [...directions].reverse()) {
      const states = direction.cell.states.slice(0, MOST_STATES).map((state) => ({
        name: state.name,
        size: glyphSize(width(state.shape), sizes.compact),
        middle: 0,
        lift: 0,
      }));
      const tall = states.reduce((sum, state) => sum + state.size.height + 8, -8);
      const height = Math.max(sizes.boxHeight, tall);
      const folded = 30 + states.reduce((sum, state) => sum + state.size.height + 8, 0);
      y += folded + (8 - folded) * open;
      let line = y + (height - tall) / 2;
      let loop = y - 14;
      for (const state of states) {
        state.middle = line + state.size.height / 2;
        state.lift = state.middle - (loop - state.size.height / 2);
        line += state.size.height + 8;
        loop -= state.size.height + 8;
      }
      rows.unshift({ index: --index, layer, direction, top: y, height, states });
      y += height + ARROW;
    }
  }
  const input = { top: y, size: sizes.input };
  y += sizes.input.height + 20;
  return { rows, input, output, said, axis: y, height: y + 12 };
}

/** The names of what is read, with what a reader calls the unit. */
export const named = (channel: Channel): string => (channel.unit ? `${channel.name} (${channel.unit})` : channel.name);
