import {
  type HttpMessage,
  httpMessage,
  openMessage,
  parametersText,
  tensorsIn,
  tensorText,
  textIn,
} from './http-message.ts';
import type { InferResponse } from './infer.ts';
import { parametersOf } from './parameters.ts';

/**
 * The body of an answer. Binary tensors are not copied.
 *
 * @param isBinary by the name of an output: whether it is sent as binary.
 * @throws ProtocolError for BYTES that are no UTF-8 and are to be sent as JSON.
 */
export function encodeResponse(response: InferResponse, isBinary: (output: string) => boolean): HttpMessage {
  const { modelName, modelVersion, id, outputs } = response;
  const binary = outputs.filter(({ name }) => isBinary(name));
  const tensors = outputs.map((tensor, i) =>
    tensorText(`outputs[${i}]`, tensor, binary.includes(tensor) ? 'binary' : 'json'),
  );
  const text =
    `{${id === '' ? '' : `"id":${JSON.stringify(id)},`}"model_name":${JSON.stringify(modelName)},` +
    `"model_version":${JSON.stringify(modelVersion)},${parametersText(response.parameters)}` +
    `"outputs":[${tensors.join(',')}]}`;
  return httpMessage(text, binary);
}

/**
 * Reads an answer. `headerLength`: see `openMessage`. Binary tensors are views of `body`. What is no number in JSON
 * (`null`) is refused: ask for such outputs in binary.
 *
 * @throws ProtocolError for everything that is not as the protocol says.
 */
export function decodeResponse(body: Uint8Array, headerLength: number | null): InferResponse {
  const message = openMessage('body', body, headerLength);
  const { json } = message;
  return {
    modelName: textIn('', json, 'model_name'),
    modelVersion: textIn('', json, 'model_version', ''),
    id: textIn('', json, 'id', ''),
    parameters: parametersOf('response', json.parameters),
    outputs: tensorsIn(message, 'outputs'),
  };
}
