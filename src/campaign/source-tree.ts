import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
} from 'yaml';
import { type Mistake, type Path, pathText } from './mistake.ts';

export interface Place {
  readonly source: string;
  readonly line: number;
  readonly column: number;
}

/** Plain values of a YAML text (maps, lists, text, numbers, truth values, null) and where each of them stands. */
export interface SourceTree {
  readonly data: unknown;
  /** By {@link pathText}; the place of a map's entry is its key, of a list's entry the entry itself. In the file's order. */
  readonly places: ReadonlyMap<string, Place>;
  readonly mistakes: readonly Mistake[];
  /** No values could be read at all: nothing more can be said than `mistakes`. */
  readonly unreadable: boolean;
}

const NESTED = 'found values nested too deeply to read, expected a campaign of plain maps and lists';
const MOST_CHARACTERS = 1 << 20;
const DEEPEST = 24;
const MOST_VALUES = 20_000;

/**
 * Reads one YAML document (YAML 1.2, keys are strings). A syntax error is the only mistake then, at the parser's first
 * place; keys given twice are all reported, each at its second place, and the first value stays.
 */
export function readSource(text: string, source: string): SourceTree {
  if (text.length > MOST_CHARACTERS)
    return torn(source, 1, 1, `found ${text.length} characters, expected a campaign of at most ${MOST_CHARACTERS}`);
  const lines = new LineCounter();
  const document = parsed(text, lines);
  if (document === null) return torn(source, 1, 1, NESTED);
  const [error] = [...document.errors, ...document.warnings];
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    return torn(source, Math.max(1, line), Math.max(1, col), syntaxSentence(error.message));
  }
  return new Walk(document, lines, source).tree();
}

/** Null when the nesting exhausts the parser. Any other error is a fault of the program. */
function parsed(text: string, lineCounter: LineCounter): Document.Parsed | null {
  try {
    return parseDocument(text, { stringKeys: true, uniqueKeys: false, lineCounter, logLevel: 'error' });
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** The parser says some things in the words of its own program. */
function syntaxSentence(message: string): string {
  const [first = ''] = message.split('\n');
  if (first.includes('call stack')) return NESTED;
  if (first.includes('multiple documents')) return 'found a second document, expected one campaign in a file';
  return `found text that is not YAML: ${first.replace(/ at line \d+, column \d+:?$/u, '')}`;
}

const torn = (source: string, line: number, column: number, message: string): SourceTree => ({
  data: {},
  places: new Map(),
  mistakes: [{ path: '', source, line, column, message }],
  unreadable: true,
});

/** One pass over the document's nodes, aliases followed. Bounded in depth and number, so that no alias can explode. */
class Walk {
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;
  readonly #source: string;
  readonly #places = new Map<string, Place>();
  readonly #mistakes: Mistake[] = [];
  #values = 0;

  constructor(document: Document.Parsed, lines: LineCounter, source: string) {
    this.#document = document;
    this.#lines = lines;
    this.#source = source;
  }

  tree(): SourceTree {
    const { contents } = this.#document;
    this.#places.set('', { source: this.#source, line: 1, column: 1 });
    const data = contents === null ? null : this.#value(contents, []);
    return { data, places: this.#places, mistakes: this.#mistakes, unreadable: false };
  }

  #value(node: Node | null, path: Path): unknown {
    this.#values++;
    if (this.#values > MOST_VALUES || path.length > DEEPEST) {
      if (this.#values <= MOST_VALUES + 1)
        this.#mistake(
          path,
          node,
          `found too many or too deeply nested values, expected at most ${MOST_VALUES}, ${DEEPEST} deep`,
        );
      this.#values = MOST_VALUES + 1;
      return null;
    }
    if (isAlias(node)) return this.#aliased(node, path);
    if (isMap(node)) return this.#map(node.items, path);
    if (isSeq(node)) return node.items.map((item, index) => this.#entry(item as Node | null, [...path, index]));
    return isScalar(node) ? plain(node) : null;
  }

  #aliased(alias: Alias, path: Path): unknown {
    const anchored = alias.resolve(this.#document);
    if (anchored !== undefined) return this.#value(anchored, path);
    this.#mistake(path, alias, `found *${alias.source}, expected the name of an anchor (&${alias.source}) further up`);
    return null;
  }

  #entry(item: Node | null, path: Path): unknown {
    this.#remember(path, item);
    return this.#value(item, path);
  }

  #map(items: readonly unknown[], path: Path): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    for (const item of items) {
      if (!isPair(item)) continue;
      const keyNode = item.key as Node;
      const key = isScalar(keyNode) ? String(keyNode.value) : '';
      const here = [...path, key];
      if (key === '__proto__') this.#mistake(here, keyNode, 'found __proto__, expected another name');
      else if (Object.hasOwn(map, key))
        this.#mistake(
          here,
          keyNode,
          `found a second time, first on line ${this.#places.get(pathText(here))?.line ?? 0}; expected each key once`,
        );
      else {
        this.#remember(here, keyNode);
        map[key] = this.#value(item.value as Node | null, here);
      }
    }
    return map;
  }

  #remember(path: Path, node: Node | null): void {
    this.#places.set(pathText(path), this.#place(node));
  }

  #place(node: Node | null): Place {
    const { line, col } = this.#lines.linePos(node?.range?.[0] ?? 0);
    return { source: this.#source, line: Math.max(1, line), column: Math.max(1, col) };
  }

  #mistake(path: Path, node: Node | null, message: string): void {
    this.#mistakes.push({ path: pathText(path), ...this.#place(node), message });
  }
}

/** Whole numbers beyond 2^53 stay exact as bigint. */
function plain(scalar: Scalar): unknown {
  const { value, source } = scalar;
  const digits = source?.replaceAll('_', '') ?? '';
  if (
    typeof value === 'number' &&
    Number.isInteger(value) &&
    !Number.isSafeInteger(value) &&
    /^[-+]?\d+$/u.test(digits)
  )
    return BigInt(digits);
  return value;
}

/** Where a value stands, or the nearest map or list around it that was written. */
export function placeOf(places: ReadonlyMap<string, Place>, path: Path): Place {
  for (let length = path.length; length >= 0; length--) {
    const place = places.get(pathText(path.slice(0, length)));
    if (place !== undefined) return place;
  }
  return { source: '', line: 1, column: 1 };
}
