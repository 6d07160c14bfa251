import protobuf from 'protobufjs';
import type { MethodCall } from '../../campaign/endpoint-spec.ts';
import { FeedError } from '../feed-error.ts';

/** A unary method of a .proto file, and the message that is sent. */
export interface UnaryCall {
  /** `/package.Service/Method` */
  readonly path: string;
  readonly message: Uint8Array;
  /** Throws where bytes are no answer of the method. */
  check(answer: Uint8Array): void;
}

/**
 * Reads a method out of its file, and encodes its message.
 *
 * @throws FeedError for a file that cannot be read, a method that is not there or streams, a message that does not fit.
 */
export function unaryCall({ proto, method, message }: MethodCall): UnaryCall {
  const root = loaded(proto.path);
  const [serviceName = '', name = ''] = method.split('/');
  const found = methodIn(root, serviceName, name, method);
  const request = root.lookupType(qualified(found, found.requestType));
  const response = root.lookupType(qualified(found, found.responseType));
  const unknown = Object.keys(message).find((key) => request.fields[key] === undefined);
  if (unknown !== undefined) {
    const fields = Object.keys(request.fields).join(', ') || 'no fields';
    throw new FeedError(['message', unknown], `found a field that ${request.name} does not have, expected ${fields}`);
  }
  return {
    path: `/${serviceName}/${name}`,
    message: encoded(request, message),
    check: (answer) => void response.decode(answer),
  };
}

function loaded(path: string): protobuf.Root {
  try {
    return new protobuf.Root().loadSync(path, { keepCase: true });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new FeedError(['proto'], `found ${path}, which cannot be read: ${message}`, { cause: error });
  }
}

function methodIn(root: protobuf.Root, service: string, name: string, asked: string): protobuf.Method {
  const found = root.lookup(service, protobuf.Service);
  if (!(found instanceof protobuf.Service)) {
    throw new FeedError(
      ['method'],
      `found ${asked}, expected a service of the file, for example greet.Greeter/SayHello`,
    );
  }
  const method = found.methods[name];
  if (method === undefined) {
    throw new FeedError(['method'], `found ${asked}, expected one of ${Object.keys(found.methods).join(', ')}`);
  }
  if (method.requestStream === true || method.responseStream === true) {
    throw new FeedError(['method'], `found ${asked}, which streams; expected a unary method`);
  }
  method.resolve();
  return method;
}

const qualified = (method: protobuf.Method, type: string): string =>
  method.parent?.lookupTypeOrEnum(type).fullName ?? type;

function encoded(type: protobuf.Type, message: MethodCall['message']): Uint8Array {
  try {
    return type.encode(type.fromObject(message)).finish();
  } catch (error) {
    const says = error instanceof Error ? error.message : String(error);
    throw new FeedError(['message'], `found a message that does not fit ${type.name}: ${says}`, { cause: error });
  }
}
