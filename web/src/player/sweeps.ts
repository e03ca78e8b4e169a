/** In which order a network computes: layers that run forward go together; a backward direction needs the whole
 * sequence first, so each direction of such a layer is a sweep of its own. */

import { layerTitle } from "../named";
import type { Layer } from "../report";

export interface Sweep {
  name: string;
  reverse: boolean;
  /** Names of the directions that run in it. */
  rows: string[];
}

export function sweeps(layers: Layer[]): Sweep[] {
  const found: Sweep[] = [];
  let together: Sweep | null = null;
  for (const layer of layers) {
    const [only] = layer.directions;
    if (layer.directions.length === 1 && only && !only.reverse) {
      if (!together) found.push((together = { name: "", reverse: false, rows: [] }));
      together.rows.push(only.name);
      together.name = together.name ? `${together.name} and ${layerTitle(layer)}` : layerTitle(layer);
      continue;
    }
    together = null;
    for (const direction of layer.directions)
      found.push({
        name: `${layerTitle(layer)}, ${direction.reverse ? "backward ←" : "forward →"}`,
        reverse: direction.reverse,
        rows: [direction.name],
      });
  }
  return found;
}

/** The time instance at which a sweep is after so many steps. */
export const instantOf = (sweep: Sweep, position: number, steps: number): number =>
  sweep.reverse ? steps - 1 - position : position;
