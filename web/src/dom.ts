/** Elements from code. Whatever comes from the report becomes a text node or an attribute, never markup. */

type Value = string | number | boolean | null | undefined | ((event: never) => void);
type Child = Node | string | null;

function build<T extends Element>(element: T, attributes: Record<string, Value>, children: Child[]): T {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value as EventListener);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  for (const child of children) if (child !== null) element.append(child);
  return element;
}

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, Value> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return build(document.createElement(tag), attributes, children);
}

export function s<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Record<string, Value> = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  return build(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

/** A number that no other element of the page has, for labels that point at elements. */
let last = 0;
export const unique = (stem: string): string => `${stem}-${++last}`;

/** A select whose choices are texts. */
export function choice(label: string, texts: string[], chosen: number, change: (index: number) => void): HTMLLabelElement {
  const select = h("select", { change: () => change(select.selectedIndex) });
  texts.forEach((text, i) => select.append(h("option", { value: i, selected: i === chosen }, text)));
  return h("label", { class: "choice" }, h("span", {}, label), select);
}

/** Call at most once before the next picture, however often it is asked for. */
export function nextFrame(work: () => void): () => void {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      work();
    });
  };
}
