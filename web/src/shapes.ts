/** Where numbers lie in arrays of several axes, in the order of rows. */

export function sizeOf(shape: number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** How far apart neighbours lie along each axis. */
export function strides(shape: number[]): number[] {
  const steps = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    steps[axis] = step;
    step *= shape[axis]!;
  }
  return steps;
}

/** For each number of an array of this shape: `start` plus so many `steps` along each axis. */
export function places(shape: number[], steps: number[], start = 0): Int32Array {
  const found = new Int32Array(sizeOf(shape));
  const at = new Array<number>(shape.length).fill(0);
  let place = start;
  for (let i = 0; i < found.length; i++) {
    found[i] = place;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place += steps[axis]!;
      if (++at[axis]! < shape[axis]!) break;
      place -= steps[axis]! * shape[axis]!;
      at[axis] = 0;
    }
  }
  return found;
}

/** The steps of an array that is broadcast to another shape: none along an axis that it lacks, or has one number of. */
export function broadcastSteps(from: number[], to: number[]): number[] {
  const own = strides(from);
  const missing = to.length - from.length;
  return to.map((_, axis) => (axis < missing || from[axis - missing] === 1 ? 0 : own[axis - missing]!));
}
