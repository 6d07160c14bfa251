import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type StoredTelemetry, StoredTelemetrySchema } from '../wire/gen/loadcell/v1/telemetry_pb.ts';
import { create, fromBinary, toBinary } from '../wire/protobuf.ts';

/** A record of `telemetry/*.log`, to be framed. `report`: the encoded bytes as the agent sent them. */
export const encodeStoredTelemetry = (stored: Omit<StoredTelemetry, '$typeName' | '$unknown'>): Uint8Array =>
  toBinary(StoredTelemetrySchema, create(StoredTelemetrySchema, stored));

/** Throws on bytes that are no record. */
export const decodeStoredTelemetry = (record: Uint8Array): StoredTelemetry => fromBinary(StoredTelemetrySchema, record);

/** Names of the files of what was observed, in no order; none where nothing was. */
export async function telemetryFiles(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(join(folder, 'telemetry'))).filter((name) => name.endsWith('.log'));
  } catch {
    return [];
  }
}
