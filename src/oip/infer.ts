import { type Parameters, truthIn } from './parameters.ts';
import type { Tensor } from './tensor.ts';

/** An output that a request asks for by name. */
export interface RequestedOutput {
  readonly name: string;
  readonly parameters: Parameters;
}

/** One inference as a client asks for it. */
export interface InferRequest {
  /** Returned with the answer; empty: none. */
  readonly id: string;
  readonly parameters: Parameters;
  readonly inputs: readonly Tensor[];
  /** Empty: every output of the model. */
  readonly outputs: readonly RequestedOutput[];
}

/** The answer to one inference. */
export interface InferResponse {
  readonly modelName: string;
  readonly modelVersion: string;
  readonly id: string;
  readonly parameters: Parameters;
  readonly outputs: readonly Tensor[];
}

/** The header that says where the JSON of a message with binary tensors ends. */
export const HEADER_LENGTH_HEADER = 'inference-header-content-length';
export const JSON_TYPE = 'application/json';
export const BINARY_TYPE = 'application/octet-stream';

/**
 * Whether a request wants an output as binary: by the output's own `binary_data`, else by the request's
 * `binary_data_output`, else not.
 *
 * @throws ProtocolError where either is no truth.
 */
export function wantsBinary(request: InferRequest, output: string): boolean {
  const index = request.outputs.findIndex(({ name }) => name === output);
  const own = request.outputs[index];
  const said = own === undefined ? null : truthIn(`outputs[${index}]`, own.parameters, 'binary_data');
  return said ?? truthIn('request', request.parameters, 'binary_data_output') ?? false;
}
