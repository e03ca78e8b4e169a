/** A state that a box takes in, to be changed: one unit at a time. */

import type { App } from "../app";
import { choice, h } from "../dom";
import { directionTitle } from "../named";
import type { Direction } from "../report";
import { whenSeen } from "../seen";
import { slider } from "./slider";

export function changeState(app: App, direction: Direction, state: string, step: number, unit: number, value: number): void {
  const values = app.run.entering(direction.name, state, direction.reverse, step).slice();
  values[unit] = value;
  app.run.setState({ direction: direction.name, state, step, values });
  app.recompute();
}

export function states(app: App): HTMLElement {
  const all = app.directions.flatMap((direction) => direction.cell.states.map((state) => ({ direction, state: state.name })));
  let chosen = 0;
  const unit = h("input", { type: "number", min: 1, value: 1, step: 1, input: () => show() });
  const index = () => Math.max(0, Math.round(unit.valueAsNumber || 1) - 1);
  const row = slider((value) => {
    const one = all[chosen];
    if (one) changeState(app, one.direction, one.state, app.step, index(), value);
  });
  const show = () => {
    const one = all[chosen];
    if (!one) return;
    const read = (now: boolean) => app.run.entering(one.direction.name, one.state, one.direction.reverse, app.step, now);
    const values = read(true);
    unit.max = String(values.length);
    if (index() >= values.length) unit.value = String(values.length);
    const largest = Math.max(1, app.run.scaleOf(`${one.direction.name}.${one.state}`));
    row.show({
      label: `${one.state}, unit ${index() + 1}, coming in`,
      value: values[index()] ?? NaN,
      recorded: read(false)[index()] ?? NaN,
      low: -largest,
      high: largest,
    });
  };
  const pick = choice("State", all.map((one) => `${directionTitle(app.network, one.direction)}: ${one.state}`), 0, (i) => {
    chosen = i;
    show();
  });
  const element = h("div", { class: "inputs" }, h("div", { class: "tools" }, pick, h("label", { class: "choice" }, h("span", {}, "Unit"), unit)), row.element);
  app.on(["step", "sequence", "values"], whenSeen(element, show));
  show();
  return element;
}
