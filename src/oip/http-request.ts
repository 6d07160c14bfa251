import {
  type HttpMessage,
  httpMessage,
  objectsIn,
  openMessage,
  parametersText,
  tensorsIn,
  tensorText,
  textIn,
} from './http-message.ts';
import type { InferRequest, RequestedOutput } from './infer.ts';
import { parametersOf, truthIn } from './parameters.ts';
import { ProtocolError, quoted } from './protocol-error.ts';

/** How a client sends its tensors and wants its answer. */
export interface RequestForm {
  readonly inputs: 'json' | 'binary';
  /** `asked`: as the request's own parameters say. */
  readonly outputs: 'json' | 'binary' | 'asked';
}

/**
 * The body of an inference request. Binary tensors are not copied.
 *
 * @throws ProtocolError for BYTES that are no UTF-8 and are to be sent as JSON.
 */
export function encodeRequest(request: InferRequest, form: RequestForm): HttpMessage {
  const parameters =
    form.outputs === 'asked'
      ? request.parameters
      : { ...request.parameters, binary_data_output: form.outputs === 'binary' };
  const inputs = request.inputs.map((tensor, i) => tensorText(`inputs[${i}]`, tensor, form.inputs));
  const outputs = request.outputs.map(outputText).join(',');
  const text =
    `{${request.id === '' ? '' : `"id":${JSON.stringify(request.id)},`}${parametersText(parameters)}` +
    `"inputs":[${inputs.join(',')}]${outputs === '' ? '' : `,"outputs":[${outputs}]`}}`;
  return httpMessage(text, form.inputs === 'binary' ? request.inputs : []);
}

const outputText = ({ name, parameters }: RequestedOutput): string =>
  `{${parametersText(parameters)}"name":${JSON.stringify(name)}}`;

/**
 * Reads an inference request. `headerLength`: see {@link openMessage}. Binary tensors are views of `body`.
 *
 * @throws ProtocolError for everything that is not as the protocol says.
 */
export function decodeRequest(body: Uint8Array, headerLength: number | null): InferRequest {
  const message = openMessage('body', body, headerLength);
  const { json } = message;
  const parameters = parametersOf('request', json.parameters);
  truthIn('request', parameters, 'binary_data_output');
  const inputs = tensorsIn(message, 'inputs');
  if (inputs.length === 0) throw new ProtocolError(`inputs: found ${quoted(json.inputs)}, expected a list of tensors`);
  return { id: textIn('', json, 'id', ''), parameters, inputs, outputs: requestedOutputs(objectsIn(json, 'outputs')) };
}

function requestedOutputs(entries: ReturnType<typeof objectsIn>): readonly RequestedOutput[] {
  const names = new Set<string>();
  return entries.map((entry, index) => {
    const where = `outputs[${index}]`;
    const name = textIn(`${where}.`, entry, 'name');
    if (names.has(name)) throw new ProtocolError(`${where}.name: found ${quoted(name)} a second time`);
    names.add(name);
    const parameters = parametersOf(where, entry.parameters);
    truthIn(where, parameters, 'binary_data');
    return { name, parameters };
  });
}
