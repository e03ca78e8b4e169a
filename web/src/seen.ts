/** Work that can wait: it is done soon where its element can be seen, and otherwise at rest. What takes long is done
 * the less often, so that a running film stays smooth. */

const REST = 250;
/** Of the time, work takes at most one part in so many. */
const SHARE = 6;

export function whenSeen(element: Element, work: () => void): () => void {
  let visible = false;
  let asked = false;
  let planned = false;
  let free = 0;
  let rest: ReturnType<typeof setTimeout> | undefined;
  const now = () => {
    planned = false;
    clearTimeout(rest);
    if (!asked) return;
    asked = false;
    const start = performance.now();
    work();
    const end = performance.now();
    free = end + (end - start) * SHARE;
  };
  const plan = () => {
    if (planned) return;
    planned = true;
    const wait = free - performance.now();
    if (wait > 16) setTimeout(now, wait);
    else requestAnimationFrame(now);
  };
  new IntersectionObserver(
    ([entry]) => {
      visible = entry?.isIntersecting ?? false;
      if (visible && asked) plan();
    },
    { rootMargin: "100px" },
  ).observe(element);
  return () => {
    asked = true;
    clearTimeout(rest);
    if (visible) plan();
    else rest = setTimeout(now, REST);
  };
}
