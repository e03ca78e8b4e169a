/** Packed numbers, unpacked: rows of equal width. */

import { unpack } from "./machine";
import type { Packed } from "./report";

export class Grid {
  /** Numbers in a row. */
  readonly width: number;

  constructor(
    readonly data: Float32Array,
    readonly rows: number,
  ) {
    this.width = rows > 0 ? data.length / rows : 0;
  }

  row(index: number): Float32Array {
    return this.data.subarray(index * this.width, (index + 1) * this.width);
  }

  at(row: number, column: number): number {
    return this.data[row * this.width + column] ?? NaN;
  }

  /** The largest size of a finite number; 1 where there is none. */
  get largest(): number {
    let largest = 0;
    for (const value of this.data) {
      const size = Math.abs(value);
      if (size > largest && size < Infinity) largest = size;
    }
    return largest || 1;
  }

  copy(): Grid {
    return new Grid(this.data.slice(), this.rows);
  }
}

/** An array whose first axis is time. */
export const grid = (packed: Packed): Grid => new Grid(unpack(packed), packed.shape[0] ?? 0);
