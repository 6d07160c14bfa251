/** A size, or the name of a dimension that each request decides. */
export type Dim = number | string;

export type ElementType = 'float32' | 'int64';

/** A tensor that flows through the graph. */
export interface Value {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly Dim[];
}

/**
 * What a constant tensor holds.
 * - `uniform`: independent draws in [-bound, bound) from the stream named for the tensor.
 * - `constant`: `value` everywhere.
 * - `list`: exactly these, in row-major order.
 */
export type Fill =
  | { readonly kind: 'uniform'; readonly bound: number }
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'list'; readonly values: readonly number[] };

/** A constant tensor of the graph (weights, shapes, scalars), described and not yet filled. */
export interface Initialiser {
  readonly name: string;
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly fill: Fill;
}

export type Attribute = { readonly int: number } | { readonly ints: readonly number[] } | { readonly float: number };

/** An operator of ONNX's default domain applied to named values. */
export interface GraphNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** What a model is made of, counted as its publication counts. */
export interface Counts {
  /** Trainable numbers: weights, biases, and scale and shift of every batch or layer normalisation. */
  readonly parameters: number;
  /** Of these, scale and shift of batch normalisations, which are folded into the convolution before them. */
  readonly batchNorm: number;
  /** Multiply-accumulates of one sample. */
  readonly macs: number;
}

export interface Graph {
  readonly name: string;
  readonly nodes: readonly GraphNode[];
  readonly initialisers: readonly Initialiser[];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly counts: Counts;
}

/**
 * Collects a graph in the order in which it is computed, which is the order ONNX asks for. Names are the caller's;
 * a name given twice is an error of the architecture's file.
 */
export class GraphBuilder {
  readonly #name: string;
  readonly #nodes: GraphNode[] = [];
  readonly #initialisers: Initialiser[] = [];
  readonly #inputs: Value[] = [];
  readonly #outputs: Value[] = [];
  readonly #names = new Set<string>();
  #parameters = 0;
  #batchNorm = 0;
  #macs = 0;

  constructor(name: string) {
    this.#name = name;
  }

  input(name: string, type: ElementType, shape: readonly Dim[]): Value {
    const value = this.#value(name, type, shape);
    this.#inputs.push(value);
    return value;
  }

  initialiser(name: string, type: ElementType, dims: readonly number[], fill: Fill): Value {
    const value = this.#value(name, type, dims);
    this.#initialisers.push({ name, type, dims, fill });
    return value;
  }

  /** Adds an operator whose one output is called `name`. */
  node(
    op: string,
    name: string,
    inputs: readonly Value[],
    shape: readonly Dim[],
    attributes: Readonly<Record<string, Attribute>> = {},
    type: ElementType = 'float32',
  ): Value {
    const value = this.#value(name, type, shape);
    this.#nodes.push({ op, inputs: inputs.map((input) => input.name), output: name, attributes });
    return value;
  }

  output(value: Value): void {
    this.#outputs.push(value);
  }

  count(add: Partial<Counts>): void {
    this.#parameters += add.parameters ?? 0;
    this.#batchNorm += add.batchNorm ?? 0;
    this.#macs += add.macs ?? 0;
  }

  finish(): Graph {
    return {
      name: this.#name,
      nodes: this.#nodes,
      initialisers: this.#initialisers,
      inputs: this.#inputs,
      outputs: this.#outputs,
      counts: { parameters: this.#parameters, batchNorm: this.#batchNorm, macs: this.#macs },
    };
  }

  #value(name: string, type: ElementType, shape: readonly Dim[]): Value {
    if (this.#names.has(name)) throw new Error(`graph ${this.#name}: the name ${name} is given twice`);
    this.#names.add(name);
    return { name, type, shape };
  }
}

/** The number of elements of a constant tensor; a scalar has one. */
export const elements = (dims: readonly number[]): number => dims.reduce((product, dim) => product * dim, 1);
