/** How many members of an engine are still there, and when the last one has gone. */
export class Crowd {
  #present = 0;
  #onEmpty: () => void = () => {};

  join(members: number): void {
    this.#present += members;
  }

  leave(): void {
    this.#present--;
    if (this.#present === 0) this.#onEmpty();
  }

  /** Resolves when nobody is left, or after `mostMs`. */
  gone(mostMs: number): Promise<void> {
    if (this.#present === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, mostMs);
      this.#onEmpty = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
