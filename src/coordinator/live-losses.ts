import type { Plan } from '../campaign/plan.ts';
import { DEFAULT_TELEMETRY } from '../campaign/telemetry.ts';
import { isFatalXid } from '../gpu/xid.ts';
import { TelemetryReportSchema } from '../wire/gen/loadcell/v1/telemetry_pb.ts';
import { fromBinary } from '../wire/protobuf.ts';
import { type Block, decodeBlock } from '../wire/telemetry-codec.ts';
import type { TrialRef } from './trial-ref.ts';

/** Watches what agents observe for a GPU that is lost, where the campaign says that the run stops then. */
export class LiveLosses {
  readonly #stops: boolean;
  readonly #xids = new Map<string, number>();

  constructor({ telemetry = DEFAULT_TELEMETRY }: Plan) {
    this.#stops = telemetry.onLoss === 'stop';
  }

  /** Null: nothing is lost, or it stops nothing. A sentence: the bytes are no report. */
  add(bytes: Uint8Array): { readonly ref: TrialRef; readonly why: string } | string | null {
    try {
      const { trial, block } = fromBinary(TelemetryReportSchema, bytes);
      // Of a large fleet nobody looks into every block for nothing.
      if (!this.#stops || block.length === 0) return null;
      const why = this.#loss(decodeBlock(block));
      if (trial === undefined || why === null) return null;
      return { ref: { cell: trial.cell, trial: trial.trial, attempt: trial.attempt }, why };
    } catch {
      return `telemetry: its ${bytes.length} bytes cannot be read`;
    }
  }

  #loss({ samples }: Block): string | null {
    for (const { device, readings } of samples) {
      const lost = Object.values(readings).some(
        (reading) => reading.kind === 'missing' && reading.reason === 'gpu_lost',
      );
      if (lost) return `the GPU ${device.uuid} was lost`;
      const { xid } = readings;
      if (xid?.kind !== 'number') continue;
      const before = this.#xids.get(device.uuid);
      this.#xids.set(device.uuid, xid.value);
      if (before !== undefined && before !== xid.value && isFatalXid(xid.value)) {
        return `the GPU ${device.uuid} reported XID ${xid.value}`;
      }
    }
    return null;
  }
}
