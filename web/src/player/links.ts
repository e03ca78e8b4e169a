/** What is handed from one time instance to the next: an arrow that is a loop where both are the same box. */

import { s } from "../dom";
import type { App } from "../app";
import { glyph } from "./glyph";
import { move } from "./column";
import type { Places, Sizes } from "./places";

interface Part {
  element: SVGGElement;
  path: SVGPathElement;
  parcel: SVGGElement;
  width: number;
  height: number;
}

/** The states between the time instances `step` and `step + 1`; -1 is before the first. */
export class Links {
  readonly element = s("g", { class: "links" });
  private readonly parts = new Map<string, Part>();

  constructor(
    private readonly app: App,
    readonly step: number,
    private readonly sizes: Sizes,
    places: Places,
  ) {
    for (const row of places.rows)
      for (const state of row.states) {
        const path = s("path", { class: "hand", "marker-end": "url(#arrow-hand)" });
        const parcel = s("g", { class: "parcel" });
        const element = s("g", {}, path, parcel);
        this.parts.set(`${row.direction.name}.${state.name}`, {
          element,
          path,
          parcel,
          width: state.size.width,
          height: state.size.height,
        });
        this.element.append(element);
      }
    this.values(places);
  }

  values(places: Places): void {
    const { run } = this.app;
    for (const row of places.rows)
      for (const state of row.states) {
        const name = `${row.direction.name}.${state.name}`;
        const part = this.parts.get(name);
        if (!part) continue;
        const reads = row.direction.reverse ? this.step : this.step + 1;
        const values = run.entering(row.direction.name, state.name, row.direction.reverse, reads);
        const was = run.changed ? run.entering(row.direction.name, state.name, row.direction.reverse, reads, false) : null;
        const drawn = glyph("state", values, values, was, run.scaleOf(name), this.sizes.compact);
        const edge = row.direction.reverse ? this.step === run.steps - 1 : this.step === -1;
        drawn.append(s("title", {}, `${state.name} of ${row.direction.name}${edge ? ", at the start" : ""}`));
        if (row.states.length > 1 || row.direction.cell.states.length > 1)
          drawn.append(s("text", { class: "letter", x: -5, y: part.height / 2 + 4, "text-anchor": "end" }, state.name));
        part.parcel.replaceChildren(drawn);
      }
  }

  /** A place on the way of a state, from 0 where it leaves to 1 where it arrives. */
  along(name: string, way: number): DOMPoint | null {
    const path = this.parts.get(name)?.path;
    return path ? path.getPointAtLength(path.getTotalLength() * way) : null;
  }

  /** @param left Where the box on the left begins. @param right Where the one on the right begins. */
  place(places: Places, left: number, right: number, opacity: number): void {
    const { box, gap, pitch } = this.sizes;
    const folded = Math.max(0, Math.min(1, 1 - (right - left) / pitch));
    this.element.setAttribute("opacity", opacity.toFixed(3));
    for (const row of places.rows)
      row.states.forEach((state, j) => {
        const part = this.parts.get(`${row.direction.name}.${state.name}`);
        if (!part) return;
        const rise = (state.lift / 0.75) * folded;
        const reach = gap / 3 + (box * 0.6 + 26 * j - gap / 3) * folded;
        const a = [left + box + 1, left + box + reach, right - reach, right - 1];
        if (row.direction.reverse) a.reverse();
        const [x0, x1, x2, x3] = a.map((x) => x.toFixed(1));
        const y = state.middle;
        const up = (y - rise).toFixed(1);
        part.path.setAttribute("d", `M${x0} ${y}C${x1} ${up} ${x2} ${up} ${x3} ${y}`);
        const aside = folded ** 2 * (box / 2 + part.width / 2 + 24);
        move(part.parcel, (left + box + right - part.width) / 2 + aside, y - 0.75 * rise - part.height / 2);
      });
  }
}
