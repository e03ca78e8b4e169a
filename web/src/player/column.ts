/** One time instance: its input below, a box for each layer, its output above. */

import { s } from "../dom";
import { plural, text } from "../numbers";
import type { App } from "../app";
import { saidBriefly } from "../answer/words";
import { glyph } from "./glyph";
import type { Places, RowPlace, Sizes } from "./places";

export class Column {
  readonly element: SVGGElement;
  private readonly boxes: SVGGElement[] = [];
  private readonly arrows: SVGPathElement[] = [];
  private readonly input = s("g", {});
  private readonly output = s("g", {});
  private readonly said = s("text", { class: "said", "text-anchor": "middle" });
  private readonly axis: SVGTextElement;
  /** The ground of the current instant, below everything. */
  readonly band: SVGRectElement;

  constructor(
    private readonly app: App,
    readonly step: number,
    private readonly sizes: Sizes,
    places: Places,
    open: (row: number, step: number) => void,
  ) {
    const centre = sizes.box / 2;
    this.band = s("rect", { class: "band", x: -10, y: 2, width: sizes.box + 20, rx: 12 });
    this.axis = s("text", { class: "axis", x: centre, "text-anchor": "middle" }, app.network.embedding ? `t = ${step}` : shortened(app.run.time(step)));
    this.said.setAttribute("x", String(centre));
    this.element = s("g", { class: "column" });
    for (const row of places.rows) this.boxes[row.index] = this.box(row, open);
    const count = app.network.layers.reduce((sum, layer) => sum + (layer.directions.length > 1 ? 4 : 1), 1);
    for (let i = 0; i < count; i++) this.arrows.push(s("path", { class: "feed", "marker-end": "url(#arrow-feed)" }));
    this.element.append(...this.arrows, ...this.boxes, this.input, this.output, this.said, this.axis);
    this.values();
    this.place(places);
  }

  private box(row: RowPlace, open: (row: number, step: number) => void): SVGGElement {
    const { cell } = row.direction;
    const centre = this.sizes.box / 2;
    const middle = row.height / 2;
    const more = cell.states.length > row.states.length ? `, ${cell.states.length} states` : "";
    const units = `${plural(cell.hiddenSize, "unit")}${more}`;
    const label = `${cell.kind} ${units}, ${row.direction.name}, at ${this.app.run.time(this.step)}: show its arithmetic`;
    const show = () => open(row.index, this.step);
    return s(
      "g",
      { class: "box", role: "button", tabindex: -1, "aria-label": label, "data-row": row.index, click: show },
      s("rect", { width: this.sizes.box, height: row.height, rx: 8 }),
      s("text", { class: "kind", x: centre, y: middle - 4, "text-anchor": "middle" }, cell.kind),
      " ",
      s(
        "text",
        { class: "units", x: centre, y: middle + 14, "text-anchor": "middle" },
        units,
      ),
    );
  }

  /** What is read and said, as it is now. */
  values(): void {
    const { run, network } = this.app;
    const step = this.step;
    const before = run.changed;
    if (network.embedding) {
      const token = run.sequence.times ? tokenAt(this.app, step) : "";
      this.input.replaceChildren(
        s("g", { class: "glyph input" }, s("rect", { class: "frame", width: 52, height: 40, rx: 4 }),
          s("text", { class: "token", x: 26, y: 27, "text-anchor": "middle" }, token)),
      );
    } else {
      const values = run.given.row(step);
      const shown = Array.from(values, (value, i) => run.shown(i, value));
      this.input.replaceChildren(glyph("input", values, shown, before ? run.input.row(step) : null, run.scaleOf("input"), this.sizes.compact));
    }
    const values = run.output().row(step);
    const was = before ? run.output(false).row(step) : null;
    this.output.replaceChildren(glyph("output", values, values, was, run.scaleOf("output"), this.sizes.compact));
    this.said.replaceChildren(network.head?.reads === "step" ? saidBriefly(this.app, step) : "");
    this.input.append(s("title", {}, this.title()));
  }

  private title(): string {
    const { run, network } = this.app;
    return network.inputs
      .slice(0, 12)
      .map((channel, i) => `${channel.name} ${text(run.shown(i, run.given.at(this.step, i)))} ${channel.unit}`)
      .join("\n");
  }

  place(places: Places): void {
    const { box, input, output } = this.sizes;
    const centre = box / 2;
    move(this.input, centre - input.width / 2, places.input.top);
    move(this.output, centre - output.width / 2, places.output.top);
    this.said.setAttribute("y", String(places.said));
    this.axis.setAttribute("y", String(places.axis));
    this.band.setAttribute("height", String(places.height - 4));
    const paths: string[] = [];
    let from = places.input.top;
    this.app.network.layers.forEach((layer, index) => {
      const [low, high] = places.rows.filter((row) => row.layer === index);
      if (!low) return;
      paths.push(`M${centre} ${from - 2}V${low.top + low.height + 7}`);
      from = low.top;
      if (layer.directions.length > 1 && high) {
        const foot = high.top + high.height;
        const start = low.top + low.height + 16;
        paths.push(`M${centre} ${start}H-14V${foot + 14}H${box * 0.25}V${foot + 7}`);
        paths.push(`M${box * 0.75} ${low.top}v-12H${box + 14}V${high.top - 14}H${centre + 7}`);
        from = high.top;
      }
    });
    paths.push(`M${centre} ${from}V${places.output.top + output.height + 7}`);
    this.arrows.forEach((arrow, i) => {
      const d = paths[i];
      arrow.setAttribute("visibility", d ? "visible" : "hidden");
      if (d) arrow.setAttribute("d", d);
    });
    for (const row of places.rows) {
      const element = this.boxes[row.index];
      if (element) move(element, 0, row.top);
    }
  }

  mark(current: boolean, active: (direction: string) => boolean, pending: boolean): void {
    this.element.classList.toggle("current", current);
    this.band.classList.toggle("current", current);
    this.element.classList.toggle("pending", pending);
    this.app.directions.forEach((direction, i) => {
      const element = this.boxes[i];
      element?.classList.toggle("active", current && active(direction.name));
      element?.setAttribute("tabindex", current ? "0" : "-1");
    });
  }

  boxOf(row: number): SVGGElement | undefined {
    return this.boxes[row];
  }
}

export const move = (element: SVGGraphicsElement, x: number, y: number): void =>
  element.setAttribute("transform", `translate(${x.toFixed(2)}, ${y.toFixed(2)})`);

const shortened = (name: string): string => (name.length > 17 ? `…${name.slice(-16)}` : name);

/** The character that is read now: the one whose row of the table is the input. */
export function tokenAt(app: App, step: number): string {
  const token = app.run.token(step);
  const found = token === null ? (app.run.sequence.times?.[step] ?? "") : token;
  return found === " " ? "␣" : found === "\n" ? "↵" : found === "\t" ? "⇥" : found;
}
