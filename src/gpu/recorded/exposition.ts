/** One sample of Prometheus' text format 0.0.4. The value stays text: a double cannot tell DCGM's 64-bit blanks apart. */
export interface ExpositionSample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: string;
}

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y;
const LABEL = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(,|(?=\}))/y;
const VALUE = /^(\S{1,40})(?:\s+-?\d{1,20})?\s*$/;

/** Reads one line; null: it is no sample (a comment, a blank line, or broken). */
export function expositionSample(line: string): ExpositionSample | null {
  const text = line.trim();
  NAME.lastIndex = 0;
  const name = NAME.exec(text)?.[0];
  if (name === undefined) return null;
  let at = name.length;
  const labels = new Map<string, string>();
  if (text[at] === '{') {
    const end = labelsInto(labels, text, at + 1);
    if (end === null) return null;
    at = end;
  } else if (!/\s/.test(text[at] ?? '')) return null;
  const value = VALUE.exec(text.slice(at).trim())?.[1];
  return value === undefined ? null : { name, labels, value };
}

/** Where the list of labels ends; null: it does not. */
function labelsInto(labels: Map<string, string>, text: string, from: number): number | null {
  let at = from;
  while (text[at] !== '}') {
    LABEL.lastIndex = at;
    const [whole, label, value] = LABEL.exec(text) ?? [];
    if (whole === undefined || label === undefined || value === undefined) return null;
    labels.set(
      label,
      value.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped)),
    );
    at += whole.length;
  }
  return at + 1;
}

/** What `# TYPE` says of a family; null: the line says nothing of the kind. */
export function expositionType(line: string): { readonly name: string; readonly type: string } | null {
  const [, name, type] = /^#\s+TYPE\s+(\S{1,200})\s+(\w{1,20})\s*$/.exec(line) ?? [];
  return name === undefined || type === undefined ? null : { name, type };
}
