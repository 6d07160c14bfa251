import type { ExpectSpec } from '../../campaign/inputs-spec.ts';
import { floatsOfBrain, heldAs } from '../../oip/brain-floats.ts';
import { decodeStrings } from '../../oip/bytes-elements.ts';
import { type Datatype, datatypeOf } from '../../oip/datatype.ts';
import { elementsView } from '../../oip/elements-view.ts';
import type { TensorMetadata } from '../../oip/metadata.ts';
import { ProtocolError } from '../../oip/protocol-error.ts';
import type { Tensor } from '../../oip/tensor.ts';
import type { OutputTensor } from '../samples/difference.ts';
import { type Asked, Expected, type Outputs } from '../samples/expected.ts';
import { RequestFailure } from '../target.ts';
import { EndpointRefused } from './connection-fault.ts';
import { modelTensor } from './oip-samples.ts';

const UNREADABLE = new RequestFailure('wrong-output', 'expectation', 'what was expected could not be read');

/** Holds the answers of an inference protocol against what their samples should have come to. After a completion, not within it. */
export class AnswerCheck {
  readonly #expected: Expected;
  #fault: string | null = null;

  private constructor(expected: Expected) {
    this.#expected = expected;
  }

  /** `outputs`: as the server's metadata has them. @throws FeedError where the expectations do not fit. */
  static async open(
    spec: ExpectSpec,
    outputs: readonly TensorMetadata[],
    asked: Pick<Asked, 'count' | 'batch'>,
  ): Promise<AnswerCheck> {
    return new AnswerCheck(await Expected.open(spec, { ...asked, outputs: outputs.map(modelTensor) }));
  }

  /** A sentence: an expectation could not be read, which says nothing of the answers. */
  get fault(): string | null {
    return this.#fault;
  }

  /** `sample`: the first of the request. Null: the answer is right. */
  failureOf(sample: number, count: number, outputs: () => readonly Tensor[]): RequestFailure | null {
    try {
      this.#expected.check(sample % count, outputsOf(outputs()));
      return null;
    } catch (error) {
      if (error instanceof RequestFailure) return error;
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof EndpointRefused || error instanceof ProtocolError)
        return new RequestFailure('target-error', 'protocol', message);
      this.#fault ??= message;
      return UNREADABLE;
    }
  }

  close(): void {
    this.#expected.close();
  }
}

const outputsOf = (tensors: readonly Tensor[]): Outputs =>
  Object.fromEntries(tensors.map((tensor) => [tensor.name, outputOf(tensor)]));

function outputOf({ name, datatype, shape, bytes }: Tensor): OutputTensor {
  const type = datatypeOf(datatype);
  return { type: heldAs(type), dims: shape, data: valuesOf(name, type, bytes) };
}

function valuesOf(name: string, type: Datatype, bytes: Uint8Array): ArrayLike<unknown> {
  if (type.width === 0) return decodeStrings(`output ${name}`, bytes);
  const view = elementsView(type, bytes);
  return type.kind === 'brain' ? floatsOfBrain(view as Uint16Array) : view;
}
