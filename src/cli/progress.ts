import type { ProgressEvent } from '../coordinator/progress-events.ts';
import { ansi, type Paint, plain } from '../report/layout.ts';
import { nothingYet, pictureLines, plainLine, viewAfter } from './progress-view.ts';

/** Shows a run while it lasts. */
export interface Progress {
  show(event: ProgressEvent): void;
  /** Takes the picture away, so that what is printed next stands on clean lines. Idempotent. */
  close(): void;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Colour only on a terminal that can, and never where NO_COLOR is set to anything (no-color.org). */
export function paintFor(stream: { readonly isTTY?: boolean }, environment: Environment): Paint {
  const refused = environment.NO_COLOR !== undefined && environment.NO_COLOR !== '';
  return isScreen(stream, environment) && !refused ? ansi : plain;
}

/** A picture that stays in place on a terminal, plain lines every few seconds elsewhere. Give it stderr. */
export async function openProgress(stream: NodeJS.WriteStream, environment: Environment): Promise<Progress> {
  if (!isScreen(stream, environment)) return new PlainProgress(stream);
  const { createLogUpdate } = await import('log-update');
  // The cursor stays: a program that is killed could not bring it back.
  return new PictureProgress(createLogUpdate(stream, { showCursor: true }), paintFor(stream, environment));
}

/** Shows nothing (`--quiet`). */
export const noProgress: Progress = { show: () => {}, close: () => {} };

const isScreen = (stream: { readonly isTTY?: boolean }, environment: Environment): boolean =>
  stream.isTTY === true && environment.TERM !== 'dumb';

/** The part of log-update that is used. */
interface Screen {
  (...text: string[]): void;
  persist(...text: string[]): void;
  clear(): void;
  done(): void;
}

/** What the reader should still see afterwards scrolls by above the picture. */
const LASTING: ReadonlySet<ProgressEvent['kind']> = new Set([
  'calibrated',
  'fault',
  'ending-early',
  'trial-retried',
  'trial-not-run',
]);

export class PictureProgress implements Progress {
  readonly #screen: Screen;
  readonly #paint: Paint;
  #view = nothingYet;
  #open = true;

  constructor(screen: Screen, paint: Paint) {
    this.#screen = screen;
    this.#paint = paint;
  }

  show(event: ProgressEvent): void {
    if (!this.#open) return;
    if (LASTING.has(event.kind)) this.#screen.persist(plainLine(event));
    this.#view = viewAfter(this.#view, event);
    this.#screen(pictureLines(this.#view, this.#paint).join('\n'));
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#screen.clear();
    this.#screen.done();
  }
}

/** Seconds between lines of a running phase. */
const PLAIN_EVERY = 5;

export class PlainProgress implements Progress {
  readonly #stream: { write(text: string): unknown };
  #phase = '';
  #secondsUntilLine = 0;
  #lastLine = '';

  constructor(stream: { write(text: string): unknown }) {
    this.#stream = stream;
  }

  show(event: ProgressEvent): void {
    if (!this.#isDue(event)) return;
    const line = plainLine(event);
    if (line === this.#lastLine) return;
    this.#lastLine = line;
    this.#stream.write(`${line}\n`);
  }

  close(): void {}

  /** The first second of every phase, then every few seconds; a drain once; everything else at once. */
  #isDue(event: ProgressEvent): boolean {
    const phase = event.kind === 'second' ? `${event.at.index} ${event.at.attempt} ${event.live.phase}` : event.kind;
    if (phase !== this.#phase) {
      this.#phase = phase;
      this.#secondsUntilLine = PLAIN_EVERY;
      return true;
    }
    if (event.kind === 'draining') return false;
    if (event.kind !== 'second') return true;
    this.#secondsUntilLine--;
    if (this.#secondsUntilLine > 0) return false;
    this.#secondsUntilLine = PLAIN_EVERY;
    return true;
  }
}
