import { setTimeout as delay } from 'node:timers/promises';

const LOOK_EVERY_MS = 50;

/** Looks again and again until something holds; rejects, naming what was awaited, when it does not within `withinMs`. */
export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 30_000,
): Promise<void> {
  const until = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() >= until) throw new Error(`waited ${withinMs / 1000} s for ${what} in vain`);
    await delay(LOOK_EVERY_MS);
  }
}
