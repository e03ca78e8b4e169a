/** What the parts of the folded network are called; they fade as it unfolds. */

import { s } from "../dom";
import type { Places, Sizes } from "./places";

export class Captions {
  readonly element = s("g", { class: "captions", "aria-hidden": "true" });
  private readonly texts = {
    output: s("text", { class: "gutter-output" }, "the output, at this instant"),
    state: s("text", { class: "letter-state" }, "the state comes back, one instant later"),
    input: s("text", { class: "gutter-input" }, "the input, at this instant"),
  };

  constructor() {
    this.element.append(...Object.values(this.texts));
  }

  place(places: Places, left: number, { box, compact }: Sizes, open: number): void {
    const opacity = compact ? 0 : Math.max(0, 1 - open * 25);
    this.element.setAttribute("opacity", opacity.toFixed(2));
    this.element.setAttribute("visibility", opacity === 0 ? "hidden" : "visible");
    const row = places.rows[places.rows.length - 1];
    const [state] = row?.states ?? [];
    if (opacity === 0 || !row || !state) return;
    const at = (text: SVGTextElement, y: number, away = 0) => {
      text.setAttribute("x", (left + box + 18 + away).toFixed(1));
      text.setAttribute("y", y.toFixed(1));
    };
    at(this.texts.output, places.output.top + places.output.size.height / 2 + 4);
    at(this.texts.state, state.middle - state.lift + 4, state.size.width + 14);
    at(this.texts.input, places.input.top + places.input.size.height / 2 + 4);
  }
}
