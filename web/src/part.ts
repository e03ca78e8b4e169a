/** A part of the page: a heading, a few plain words, and what they explain. */

import { h } from "./dom";

let count = 0;

export function part(id: string, title: string, words: string[], ...content: (Node | null)[]): HTMLElement {
  const heading = `${id}-title`;
  return h(
    "section",
    { id, class: "chapter", "aria-labelledby": heading },
    h(
      "div",
      { class: "words" },
      h("h2", { id: heading }, h("span", { class: "number", "aria-hidden": "true" }, String(++count)), title),
      ...words.map((text) => h("p", {}, text)),
    ),
    h("div", { class: "content" }, ...content),
  );
}
