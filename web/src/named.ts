/** What layers, directions and their values are called on the page. */

import type { Direction, Layer, Network } from "./report";

export const words = (name: string): string => name.replaceAll("_", " ");

export const layerTitle = (layer: Layer): string => layer.name.replace(/^layer(\d+)$/, "layer $1");

/** "layer 2", or "layer 2, backward ←" where there are two directions. */
export function directionTitle(network: Network, direction: Direction): string {
  const layer = network.layers.find((one) => one.directions.includes(direction));
  if (!layer) return direction.name;
  const way = direction.reverse ? ", backward ←" : ", forward →";
  return layerTitle(layer) + (layer.directions.length > 1 ? way : "");
}

/** "layer1.forward.forget_gate" as one reads it: "layer 1, forward →: forget gate". */
export function valueTitle(network: Network, name: string): string {
  for (const layer of network.layers)
    for (const direction of layer.directions) {
      const title = directionTitle(network, direction);
      if (name === direction.name) return title;
      if (!name.startsWith(`${direction.name}.`)) continue;
      const rest = words(name.slice(direction.name.length + 1));
      const state = direction.cell.states.some((one) => one.name === rest);
      const said = state ? `state ${rest}` : rest;
      return network.layers.length === 1 && layer.directions.length === 1 ? said : `${title}: ${said}`;
    }
  return name === "inputs" ? "the input" : words(name);
}
