/** The moving picture: only the time instances that can be seen exist, and each picture moves them. */

import type { App } from "../app";
import { h, s } from "../dom";
import { Captions } from "./captions";
import { Column, move } from "./column";
import { Links } from "./links";
import { placesOf, sizesOf, type Places, type Sizes } from "./places";

/** So many time instances to either side the picture is wider than what is seen: it moves as one piece. */
const MARGIN = 24;

export class Film {
  readonly element: HTMLElement;
  private readonly svg: SVGSVGElement;
  /** 0 folded, 1 unfolded. */
  open = 0;
  /** The time instance in the middle of the picture; it may lie between two. */
  centre = 0;
  /** How much of the current time instance has been computed, from 0 to 1; null while nothing plays. */
  phase: number | null = null;
  /** The directions that run now. */
  active: (direction: string) => boolean = () => true;
  reverse = false;
  sizes: Sizes;
  private places: Places;
  private width = 800;
  /** A wide screen, such as a projector's, shows everything larger. */
  private zoom = 1;
  private readonly world = s("g", {});
  private readonly bandLayer = s("g", {});
  private readonly linkLayer = s("g", {});
  private readonly columnLayer = s("g", {});
  private readonly pulseLayer = s("g", { class: "pulses" });
  private readonly captions = new Captions();
  private readonly labels: SVGSVGElement;
  private readonly gutter = s("g", { class: "gutter" });
  /** The time instance that stands in the middle of the picture while it is not moved. */
  private origin = 0;
  /** What the columns were last told of the current instant. */
  private told = "";
  private opened = -1;
  private deck = "";
  private labelled = -1;
  private readonly columns = new Map<number, Column>();
  private readonly links = new Map<number, Links>();

  constructor(
    private readonly app: App,
    private readonly openBox: (row: number, step: number) => void,
  ) {
    this.sizes = sizesOf(app.network, app.run.output().width, false);
    this.places = placesOf(app.network, this.sizes, 0);
    this.world.append(this.bandLayer, this.columnLayer, this.linkLayer, this.pulseLayer, this.captions.element);
    this.svg = s(
      "svg",
      { class: "film", role: "group", "aria-label": "The network, one box for each time instance" },
      s("defs", {}, arrow("arrow-feed", "feed"), arrow("arrow-hand", "hand")),
      this.world,
    );
    this.labels = s("svg", { class: "labels", "aria-hidden": "true" }, this.gutter);
    this.element = h("div", { class: "film-frame" }, this.svg, this.labels);
  }

  /** The places of a new width. */
  resize(width: number): void {
    this.zoom = Math.max(1, Math.min(1.35, width / 1200));
    this.width = Math.max(280, width / this.zoom);
    this.sizes = sizesOf(this.app.network, this.app.run.output().width, this.width < 620);
    this.clear();
    this.draw();
  }

  clear(): void {
    this.columns.clear();
    this.links.clear();
    this.labelled = this.opened = -1;
    this.deck = this.told = "";
    this.linkLayer.replaceChildren();
    this.columnLayer.replaceChildren();
    this.bandLayer.replaceChildren();
  }

  /** The values were computed anew. */
  values(): void {
    for (const column of this.columns.values()) column.values();
    for (const links of this.links.values()) links.values(this.places);
  }

  /** How many time instances fit. */
  get fits(): number {
    return Math.max(1, Math.floor((this.width - 40 + this.sizes.gap) / this.sizes.pitch));
  }

  /** Keeps the ends at the edges, and a short sequence in the middle. */
  bounded(centre: number): number {
    const last = this.app.run.steps - 1;
    const half = (this.width - 60) / 2 / this.sizes.pitch - 0.75;
    return last + 1 <= 2 * half + 1 || half > last / 2 ? last / 2 : Math.max(half, Math.min(last - half, centre));
  }

  /** Where a time instance stands. */
  private x(step: number): number {
    const { pitch, box } = this.sizes;
    const current = this.app.step;
    const middle = this.width / 2 - box / 2 + 8 + MARGIN * pitch;
    const final = (i: number) => middle + (i - this.origin) * pitch;
    const dealt = this.open * (this.range[1] - this.range[0] + 2);
    const away = step - current;
    const own = middle + (final(current) - middle) * this.open;
    return own + Math.sign(away) * pitch * Math.min(Math.abs(away), dealt);
  }

  /** The first and the last time instance that can be seen. */
  get range(): [number, number] {
    const half = this.width / 2 / this.sizes.pitch + 1;
    const last = this.app.run.steps - 1;
    const middle = this.open < 1 ? Math.max(this.centre - half, Math.min(this.centre + half, this.app.step)) : this.centre;
    const first = Math.max(0, Math.floor(Math.min(middle, this.centre) - half));
    return [first, Math.min(last, Math.ceil(Math.max(middle, this.centre) + half))];
  }

  draw(): void {
    const { pitch } = this.sizes;
    const moving = this.open < 1 || this.opened < 1;
    const away = Math.abs(this.centre - this.origin) > MARGIN - this.width / pitch / 2 - 2;
    if (moving || away) {
      this.origin = this.centre;
      this.places = placesOf(this.app.network, this.sizes, this.open);
    }
    const fresh = this.keep(...this.range);
    if (moving || away) this.lay();
    else for (const step of fresh) this.put(step);
    this.opened = this.open;
    const shift = (this.origin - this.centre - MARGIN) * pitch * this.zoom;
    this.svg.style.transform = `translate3d(${shift.toFixed(2)}px, 0, 0)`;
    this.mark();
    this.drawPulses();
  }

  /** Everything in its place. */
  private lay(): void {
    const { scale, top, height } = this.stage();
    const wide = this.width + 2 * MARGIN * this.sizes.pitch;
    for (const [svg, width] of [[this.svg, wide], [this.labels, this.width]] as const) {
      svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
      svg.style.width = `${width * this.zoom}px`;
      svg.style.height = `${height * this.zoom}px`;
    }
    this.world.setAttribute("transform", `translate(${((wide / 2) * (1 - scale)).toFixed(2)}, ${top.toFixed(2)}) scale(${scale.toFixed(4)})`);
    for (const column of this.columns.values()) column.place(this.places);
    for (const step of this.links.keys()) this.put(step);
    this.drawGutter();
    this.captions.place(this.places, this.x(this.app.step), this.sizes, this.open);
  }

  /** A time instance, and what it hands on, in its place. */
  private put(step: number): void {
    const { app } = this;
    const x = this.x(step);
    const column = this.columns.get(step);
    if (column) {
      move(column.element, x, 0);
      move(column.band, x, 0);
      const dealt = Math.abs(x - this.x(step - Math.sign(step - app.step))) / this.sizes.pitch;
      column.element.setAttribute("opacity", step === app.step ? "1" : Math.min(1, dealt * 5).toFixed(2));
    }
    const next = this.x(step + 1);
    const own = step === (this.reverse ? app.step - 1 : app.step);
    this.links.get(step)?.place(this.places, x, next, own ? 1 : Math.min(1, ((next - x) / this.sizes.pitch) * 3));
  }

  /** Which time instance is the current one, and which are still to come. */
  private mark(): void {
    const told = `${this.app.step} ${this.phase !== null} ${this.reverse} ${[...this.columns.keys()].join()}`;
    if (told === this.told) return;
    this.told = told;
    for (const [step, column] of this.columns) column.mark(step === this.app.step, this.active, this.pending(step));
    for (const [step, links] of this.links)
      links.element.classList.toggle("pending", this.pending(this.reverse ? step + 1 : step));
  }

  /** How high the picture is, and how what is folded fits into it. */
  private stage(): { height: number; scale: number; top: number } {
    const [folded, unfolded] = [0, 1].map((open) => placesOf(this.app.network, this.sizes, open).height);
    const height = Math.max(unfolded ?? 0, Math.min(folded ?? 0, 430));
    const scale = Math.min(1, height / this.places.height);
    return { height, scale, top: (height - this.places.height * scale) / 2 };
  }

  private pending(step: number): boolean {
    if (this.phase === null) return false;
    return this.reverse ? step < this.app.step : step > this.app.step;
  }

  /** What has come into sight is made, what has left it goes. The current one lies on top. */
  private keep(first: number, last: number): number[] {
    const fresh: number[] = [];
    for (const [step, column] of this.columns)
      if (step < first || step > last) {
        column.element.remove();
        column.band.remove();
        this.columns.delete(step);
      }
    for (const [step, links] of this.links)
      if (step < first - 1 || step > last) {
        links.element.remove();
        this.links.delete(step);
      }
    for (let step = first - 1; step <= last; step++) {
      if (!this.links.has(step)) {
        fresh.push(step);
        const links = new Links(this.app, step, this.sizes, this.places);
        this.links.set(step, links);
        this.linkLayer.append(links.element);
      }
      if (step >= first && !this.columns.has(step)) {
        const column = new Column(this.app, step, this.sizes, this.places, this.openBox);
        this.columns.set(step, column);
        this.columnLayer.append(column.element);
        this.bandLayer.append(column.band);
      }
    }
    const order = [...this.columns.keys()].sort((a, b) => Math.abs(b - this.app.step) - Math.abs(a - this.app.step));
    const deck = order.join();
    if (this.open < 1 && deck !== this.deck)
      for (const step of order) this.columnLayer.append(this.columns.get(step)?.element ?? "");
    this.deck = deck;
    return fresh;
  }

  /** The input rises, the output rises, the state moves on. */
  private drawPulses(): void {
    this.pulseLayer.replaceChildren();
    const phase = this.phase;
    if (phase === null) return;
    const { box } = this.sizes;
    const x = this.x(this.app.step);
    const part = (from: number, to: number) => Math.max(0, Math.min(1, (phase - from) / (to - from)));
    const dot = (kind: string, cx: number, cy: number) =>
      this.pulseLayer.append(s("circle", { class: `pulse ${kind}`, cx, cy, r: 7 }));
    const rows = this.places.rows.filter((row) => this.active(row.direction.name));
    const [low, high] = [rows[0], rows[rows.length - 1]];
    if (!low || !high) return;
    if (phase < 0.3) {
      const foot = low.layer === 0 ? this.places.input.top : low.top + low.height + 24;
      dot("input", x + box / 2, foot + (low.top + low.height - foot) * part(0, 0.3));
    }
    if (phase > 0.5) {
      const head = this.places.output.top + this.places.output.size.height;
      if (high === this.places.rows[this.places.rows.length - 1])
        dot("output", x + box / 2, high.top + (head - high.top) * part(0.5, 0.8));
      for (const row of rows)
        for (const state of row.states) {
          const links = this.links.get(row.direction.reverse ? this.app.step - 1 : this.app.step);
          const place = links?.along(`${row.direction.name}.${state.name}`, part(0.5, 1));
          if (place) dot("state", place.x, place.y);
        }
    }
  }

  private drawGutter(): void {
    if (this.labelled === this.places.height) return;
    this.labelled = this.places.height;
    const labels: [string, number, string][] = [
      ["input", this.places.input.top + this.sizes.input.height / 2, "input"],
      ["output", this.places.output.top + this.sizes.output.height / 2, "output"],
    ];
    for (const row of this.places.rows) {
      const way = row.direction.reverse ? " ←" : this.app.directions.length > this.app.network.layers.length ? " →" : "";
      labels.push([`layer ${row.layer + 1}${way}`, row.top + row.height / 2, "layer"]);
    }
    const { scale, top } = this.stage();
    this.gutter.replaceChildren(
      s("rect", { class: "gutter-ground", x: 0, y: 0, width: 26, height: "100%" }),
      ...labels.map(([label, y, kind]) =>
        s("text", { class: `gutter-${kind}`, transform: `translate(17, ${(top + y * scale).toFixed(1)}) rotate(-90) scale(${scale.toFixed(3)})`, "text-anchor": "middle" }, label),
      ),
    );
  }

  focusCurrent(row: number): void {
    this.columns.get(this.app.step)?.boxOf(row)?.focus({ preventScroll: true });
  }
}

const arrow = (id: string, kind: string): SVGMarkerElement =>
  s(
    "marker",
    { id, viewBox: "0 0 10 10", refX: 8, refY: 5, markerWidth: 9, markerHeight: 9, markerUnits: "userSpaceOnUse", orient: "auto-start-reverse" },
    s("path", { class: `head-${kind}`, d: "M0 0L10 5L0 10z" }),
  );
