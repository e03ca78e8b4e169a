/** Signs that every machine draws alike. */

import { s } from "./dom";

const PATHS = {
  start: "M5 4h3v16H5zM20 4v16L9 12z",
  back: "M15 4v16L4 12zM17 4h3v16h-3z",
  play: "M6 3l15 9-15 9z",
  pause: "M5 4h5v16H5zM14 4h5v16h-5z",
  on: "M9 4l11 8-11 8zM4 4h3v16H4z",
  earlier: "M11 5l-7 7 7 7M4 12h16",
  later: "M13 5l7 7-7 7M20 12H4",
  sun: "M12 7a5 5 0 100 10 5 5 0 000-10zM12 1v3M12 20v3M1 12h3M20 12h3M4 4l2 2M18 18l2 2M4 20l2-2M18 6l2-2",
  moon: "M20 14A8.5 8.5 0 119.5 4a7 7 0 0010.500 10z",
};

export const icon = (name: keyof typeof PATHS): SVGSVGElement =>
  s("svg", { viewBox: "0 0 24 24", class: `sign sign-${name}`, "aria-hidden": "true" }, s("path", { d: PATHS[name] }));
