/** Who wants to know, and of what. */

export class Emitter<Event extends string> {
  private readonly listeners = new Map<Event, Set<() => void>>();

  on(events: Event | Event[], listener: () => void): void {
    for (const event of Array.isArray(events) ? events : [events]) {
      const known = this.listeners.get(event) ?? new Set();
      this.listeners.set(event, known.add(listener));
    }
  }

  emit(event: Event): void {
    for (const listener of this.listeners.get(event) ?? []) listener();
  }
}
