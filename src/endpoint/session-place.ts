import { Tensor } from 'onnxruntime-node';
import { brainOfFloats, floatsOfBrain, heldAs } from '../oip/brain-floats.ts';
import { decodeStrings, encodeStrings } from '../oip/bytes-elements.ts';
import type { Datatype } from '../oip/datatype.ts';
import { ELEMENTS, type Element, type ElementValues, elementsIn } from '../targets/elements.ts';
import { type Feeds, tensorOf } from '../targets/onnx-inputs.ts';
import type { Session } from '../targets/onnx-load.ts';
import { firstLine } from '../targets/onnx-session.ts';
import type { Clock } from '../time/clock.ts';
import type { Port, Signature } from './signature.ts';
import { padded, type RunAnswer, type RunTensors, type Task, type TaskAnswer } from './task.ts';

/** One session and what it needs to do the runs of a task. Lives on a thread that does nothing else. */
export interface SessionPlace {
  readonly session: Pick<Session, 'run'>;
  readonly signature: Signature;
  /** A request that the model is known to answer. */
  readonly known: Feeds;
  readonly clock: Clock;
}

type Outputs = Readonly<Record<string, Tensor>>;

/** A run's outputs as they are laid into the answer's buffer. */
interface Laid {
  readonly shapes: readonly (readonly number[])[];
  readonly contents: readonly Uint8Array[];
}

type Done = { readonly laid: Laid; readonly answer: RunAnswer } | { readonly laid: null; readonly answer: RunAnswer };

/** Does the runs of a task one after the other. Never rejects: what goes wrong is the answer of its run. */
export async function carriedOut(place: SessionPlace, task: Task): Promise<TaskAnswer> {
  const done: Done[] = [];
  let at = 0;
  for (const run of task.runs) {
    done.push(await ranOnce(place, run, task.buffer, at));
    at = run.lengths.reduce((end, length) => end + padded(length), at);
  }
  return answered(task.id, done);
}

async function ranOnce(place: SessionPlace, run: RunTensors, buffer: ArrayBuffer, at: number): Promise<Done> {
  const { session, signature, clock } = place;
  const began = clock.now();
  try {
    const feeds = feedsOf(signature.inputs, run, buffer, at);
    const started = clock.now();
    const outputs = (await session.run(feeds)) as Outputs;
    const ended = clock.now();
    const laid = laidOut(signature.outputs, outputs);
    const inputNs = started - began;
    const inferNs = ended - started;
    const outputNs = clock.now() - ended;
    const lengths = laid.contents.map(({ byteLength }) => byteLength);
    return { laid, answer: { ok: true, shapes: laid.shapes, lengths, inputNs, inferNs, outputNs } };
  } catch (error) {
    return { laid: null, answer: await blamed(place, error) };
  }
}

/** A model that still answers what it is known to answer was given something that it does not take. */
async function blamed({ session, known }: SessionPlace, error: unknown): Promise<RunAnswer> {
  const message = firstLine(error);
  try {
    await session.run(known);
    return { ok: false, blame: 'request', message: `the model does not take these inputs: ${message}` };
  } catch {
    return { ok: false, blame: 'endpoint', message: `the model failed: ${message}` };
  }
}

function feedsOf(ports: readonly Port[], { shapes, lengths }: RunTensors, buffer: ArrayBuffer, at: number): Feeds {
  const feeds: Record<string, Tensor> = {};
  let start = at;
  for (const [index, { name, type }] of ports.entries()) {
    const length = lengths[index] as number;
    const shape = shapes[index] as readonly number[];
    feeds[name] =
      type.width === 0
        ? new Tensor('string', decodeStrings(`input ${name}`, new Uint8Array(buffer, start, length)), [...shape])
        : numbers(type, buffer, start, shape);
    start += padded(length);
  }
  return feeds;
}

function numbers(type: Datatype, buffer: ArrayBuffer, start: number, shape: readonly number[]): Tensor {
  const count = elementsIn(shape);
  if (type.kind === 'brain') {
    return new Tensor('float32', floatsOfBrain(new Uint16Array(buffer, start, count)), [...shape]);
  }
  const element = ELEMENTS.get(type.onnx) as Element;
  return tensorOf(element, element.view(buffer, start, count), shape);
}

function laidOut(ports: readonly Port[], outputs: Outputs): Laid {
  const tensors = ports.map(({ name, type }) => {
    const tensor = outputs[name];
    if (tensor?.type === heldAs(type)) return tensor;
    throw new Error(`output ${name} is of type ${tensor?.type ?? 'nothing'}, but the model's file says ${type.onnx}`);
  });
  return {
    shapes: tensors.map(({ dims }) => dims),
    contents: tensors.map((tensor, index) => contentsOf((ports[index] as Port).type, tensor)),
  };
}

function contentsOf({ kind }: Datatype, { data }: Tensor): Uint8Array {
  if (Array.isArray(data)) return encodeStrings(data);
  const values = kind === 'brain' ? brainOfFloats(data as Float32Array) : (data as ElementValues);
  const { buffer, byteOffset, byteLength } = values;
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function answered(id: number, done: readonly Done[]): TaskAnswer {
  const contents = done.flatMap(({ laid }) => laid?.contents ?? []);
  const buffer = new ArrayBuffer(contents.reduce((size, each) => size + padded(each.byteLength), 0));
  const into = new Uint8Array(buffer);
  let at = 0;
  for (const each of contents) {
    into.set(each, at);
    at += padded(each.byteLength);
  }
  return { kind: 'answer', id, buffer, runs: done.map(({ answer }) => answer) };
}
