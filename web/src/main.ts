/** Opens the report that stands in the page. */

import "./style/page.css";
import "./style/player.css";
import "./style/box.css";
import "./style/whole.css";
import { App } from "./app";
import { boxPart } from "./box/part";
import { h } from "./dom";
import { handle } from "./handle";
import { contents, header } from "./header";
import { playerPart } from "./player/part";
import type { Report } from "./report";
import { dressAsPreferred } from "./theme";
import { whatifPart } from "./whatif/part";
import { wholePart } from "./whole/part";

function open(report: Report): void {
  document.title = `${report.title} · Elman`;
  const app = new App(report);
  const openBox = (row: number, step: number) => {
    app.step = step;
    app.box = row;
    document.getElementById("inside")?.scrollIntoView({ block: "start" });
    document.querySelector<HTMLElement>(".box-title")?.focus({ preventScroll: true });
  };
  const { element, player } = playerPart(app, openBox);
  document.body.append(
    h("a", { class: "skip", href: "#watch" }, "To the player"),
    header(app),
    contents(),
    h("main", {}, element, boxPart(app), whatifPart(app), wholePart(app)),
    h("footer", {}, h("p", {}, "Made by Elman. Everything on this page is inside this file; it asks no network for anything.")),
  );
  window.elman = handle(app, player);
}

dressAsPreferred();
const text = document.getElementById("report")?.textContent ?? "";
let report: Report | null = null;
try {
  report = JSON.parse(text) as Report;
} catch {
  document.body.append(h("main", { class: "empty" }, h("h1", {}, "No report"), h("p", {}, "This page came without its report: make it anew with elman explain.")));
}
if (report) open(report);
