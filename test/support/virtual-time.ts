import { type Ns, ns } from '../../src/time/ns.ts';

/** A virtual clock that jumps from one planned happening to the next: no real second is ever waited for. */
export class VirtualTime {
  #now = ns(0);
  #order = 0;
  readonly #planned: { readonly at: number; readonly order: number; readonly happen: () => void }[] = [];

  now(): Ns {
    return this.#now;
  }

  /** Lets something happen `delayNs` from now, after everything planned for that instant before. */
  after(delayNs: number, happen: () => void): void {
    const one = { at: this.#now + delayNs, order: this.#order++, happen };
    let index = this.#planned.length;
    while (index > 0 && isLater(this.#planned[index - 1], one)) index--;
    this.#planned.splice(index, 0, one);
  }

  /** Runs until `isOver`, or until nothing is planned any more. */
  run(isOver: () => boolean): void {
    while (!isOver()) {
      const next = this.#planned.shift();
      if (next === undefined) return;
      this.#now = ns(next.at);
      next.happen();
    }
  }
}

const isLater = (a: { at: number; order: number } | undefined, b: { at: number; order: number }): boolean =>
  a !== undefined && (a.at > b.at || (a.at === b.at && a.order > b.order));
