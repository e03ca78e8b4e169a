/** Movement, and its absence for who asked for none. */

const query = matchMedia("(prefers-reduced-motion: reduce)");

export const still = (): boolean => query.matches;

export const ease = (x: number): number => (x < 0.5 ? 4 * x ** 3 : 1 - (2 - 2 * x) ** 3 / 2);

/** Calls `picture` with the seconds since the last one, for as long as it says that there is more to move. */
export class Clock {
  private last: number | null = null;

  constructor(private readonly picture: (seconds: number) => boolean) {}

  wake(): void {
    if (this.last !== null) return;
    this.last = performance.now();
    requestAnimationFrame(this.tick);
  }

  private readonly tick = (now: number): void => {
    const seconds = Math.min(0.1, Math.max(0, (now - (this.last ?? now)) / 1000));
    this.last = now;
    if (this.picture(seconds)) requestAnimationFrame(this.tick);
    else this.last = null;
  };
}
