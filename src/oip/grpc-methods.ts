import { type DescMessage, type DescMethodUnary, fromBinary, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { GRPCInferenceService } from './gen/inference_pb.ts';

/** The service as Triton, KServe and this project name it. */
export const INFERENCE_SERVICE = 'inference.GRPCInferenceService';
/** The same service as TorchServe names it. */
export const TORCHSERVE_SERVICE = 'org.pytorch.serve.grpc.openinference.GRPCInferenceService';

/** A call of one message each way, as bytes. Decoding throws on bytes that are no such message. */
export interface UnaryMethod<I, O> {
  /** `ModelInfer` */
  readonly name: string;
  /** `/inference.GRPCInferenceService/ModelInfer` */
  readonly path: string;
  encodeRequest(message: I): Uint8Array;
  decodeRequest(bytes: Uint8Array): I;
  encodeResponse(message: O): Uint8Array;
  decodeResponse(bytes: Uint8Array): O;
}

type Methods = (typeof GRPCInferenceService)['method'];

export type InferenceMethods = {
  readonly [M in keyof Methods]: UnaryMethod<MessageShape<Methods[M]['input']>, MessageShape<Methods[M]['output']>>;
};

/** The protocol's calls under a service's full name: servers differ in the package. */
export function inferenceMethods(service: string = INFERENCE_SERVICE): InferenceMethods {
  const methods: Readonly<Record<string, DescMethodUnary>> = GRPCInferenceService.method;
  return Object.fromEntries(
    Object.entries(methods).map(([key, method]) => [key, unary(service, method)]),
  ) as unknown as InferenceMethods;
}

const unary = (service: string, { name, input, output }: DescMethodUnary): UnaryMethod<object, object> => ({
  name,
  path: `/${service}/${name}`,
  encodeRequest: (message) => encoded(input, message),
  decodeRequest: (bytes) => fromBinary(input, bytes),
  encodeResponse: (message) => encoded(output, message),
  decodeResponse: (bytes) => fromBinary(output, bytes),
});

const encoded = (schema: DescMessage, message: object): Uint8Array =>
  toBinary(schema, message as MessageShape<DescMessage>);
