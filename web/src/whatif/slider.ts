/** A slider and a number field that move together, beside the value that was recorded. */

import { h } from "../dom";
import { differs, text } from "../numbers";

export interface SliderContent {
  label: string;
  value: number;
  recorded: number;
  low: number;
  high: number;
}

export interface Slider {
  element: HTMLElement;
  show(content: SliderContent): void;
}

export function slider(change: (value: number) => void): Slider {
  const name = h("span", { class: "slider-name" });
  let typing = false;
  const range = h("input", { type: "range", step: "any", input: () => change(Number(range.value)) });
  const field = h("input", {
    type: "number",
    step: "any",
    input: () => {
      typing = true;
    },
    blur: () => {
      typing = false;
    },
    change: () => {
      typing = false;
      if (field.value !== "" && Number.isFinite(field.valueAsNumber)) change(field.valueAsNumber);
    },
  });
  const was = h("small", { class: "slider-was" });
  const ghost = h("span", { class: "slider-ghost", "aria-hidden": "true" });
  const element = h("div", { class: "slider" }, name, h("span", { class: "slider-track" }, range, ghost), field, was);
  range.addEventListener("keydown", (event) => {
    const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (way === undefined) return;
    event.preventDefault();
    change(Number(range.value) + (way * (Number(range.max) - Number(range.min))) / (event.shiftKey ? 10 : 50));
  });
  return {
    element,
    show({ label, value, recorded, low, high }) {
      name.textContent = label;
      range.setAttribute("aria-label", label);
      field.setAttribute("aria-label", `${label}, as a number`);
      const [from, to] = [Math.min(low, finite(value, low)), Math.max(high, finite(value, high))];
      range.min = String(from);
      range.max = String(to);
      range.value = String(finite(value, (from + to) / 2));
      if (!typing) field.value = Number.isFinite(value) ? String(+value.toPrecision(4)) : "";
      const changed = differs(value, recorded);
      element.classList.toggle("other", changed);
      was.textContent = changed ? `recorded ${text(recorded)}` : Number.isFinite(value) ? "as recorded" : `recorded as ${text(recorded)}`;
      ghost.style.left = `calc(8px + (100% - 16px) * ${Math.max(0, Math.min(1, (recorded - from) / (to - from || 1))) || 0})`;
    },
  };
}

const finite = (value: number, otherwise: number): number => (Number.isFinite(value) ? value : otherwise);
