import { type AlarmMemory, alarmMemory } from './alarm.ts';
import { type BoardMemory, boardMemory } from './board.ts';
import type { PlaceDeal } from './place-deal.ts';
import { recordMemory, recordRoom } from './record-ring.ts';
import { ticketMemory, ticketRoom } from './ticket-ring.ts';

/** Everything that the main thread and the workers of one trial share. Its size does not depend on the trial's length. */
export interface TrialMemory {
  readonly board: BoardMemory;
  readonly tickets: SharedArrayBuffer;
  /** Per worker. */
  readonly records: readonly SharedArrayBuffer[];
  /** Alarms of threads with sockets. */
  readonly alarms: AlarmMemory;
}

export function trialMemory({ workers, places }: PlaceDeal, backlog: number | null): TrialMemory {
  const room = recordRoom(workers);
  return {
    board: boardMemory(workers, places),
    tickets: ticketMemory(ticketRoom(backlog)),
    records: Array.from({ length: workers }, () => recordMemory(room)),
    alarms: alarmMemory(workers),
  };
}
