import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/** The unary method that gRPC is calibrated with: a text there, and one of the same length back. */
export const CANNED_METHOD = 'loadcell.Canned/Call';

export const CANNED_PROTO = `syntax = "proto3";
package loadcell;
message Text { string text = 1; }
service Canned { rpc Call (Text) returns (Text); }
`;

/** Its message around a text of so many bytes, as a campaign gives it. */
export const cannedFields = (bytes: number): { readonly text: string } => ({ text: 'x'.repeat(bytes) });

/** The same message as it is sent. */
export const cannedMessage = (bytes: number): Buffer =>
  Buffer.from(new BinaryWriter().tag(1, WireType.LengthDelimited).string(cannedFields(bytes).text).finish());
