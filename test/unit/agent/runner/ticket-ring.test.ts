import { expect, test } from 'vitest';
import { HELD } from '../../../../src/agent/runner/board.ts';
import { TICKETS, TicketRing, ticketMemory, ticketRoom } from '../../../../src/agent/runner/ticket-ring.ts';
import { MOST_BACKLOG } from '../../../../src/campaign/plan.ts';

const ring = (room: number) => new TicketRing(ticketMemory(room));
const held = () => new Float64Array(8);

test('tickets come out as they were put in, and only once', () => {
  const tickets = ring(4);
  const into = held();
  expect(tickets.read(0, into)).toBe(false);
  tickets.publish(0, 2, 77, 1.5e9);
  expect(tickets.isPublished(0)).toBe(true);
  expect(tickets.read(0, into)).toBe(true);
  expect([into[HELD.phase], into[HELD.seq], into[HELD.intended], into[HELD.sample]]).toEqual([2, 77, 1.5e9, -1]);
  expect(tickets.read(0, into)).toBe(false);
  tickets.publish(1, 2, 78, 1.6e9, 2 ** 32 - 1);
  tickets.read(1, into);
  expect(into[HELD.sample]).toBe(2 ** 32 - 1);
});

test('a slot is not written again before it was read', () => {
  const tickets = ring(4);
  for (let ticket = 0; ticket < 4; ticket++) expect(tickets.publish(ticket, 0, ticket, ticket)).toBe(true);
  expect(tickets.publish(4, 0, 4, 4)).toBe(false);
  expect(tickets.read(1, held())).toBe(true);
  expect(tickets.publish(4, 0, 4, 4)).toBe(false);
  expect(tickets.read(0, held())).toBe(true);
  expect(tickets.publish(4, 0, 4, 4)).toBe(true);
});

test('ticket numbers wrap at 32 bits without a trace', () => {
  const room = 8;
  const memory = ticketMemory(room);
  const turn = new Int32Array(memory, room * 24, room);
  const first = 2 ** 31 - 4;
  for (let i = 0; i < room; i++) turn[(first + i) & (room - 1)] = (first + i) | 0;
  const tickets = new TicketRing(memory);
  const into = held();
  for (let i = 0; i < 3 * room; i++) {
    const ticket = (first + i) | 0;
    expect(tickets.publish(ticket, 0, i, i)).toBe(true);
    expect(tickets.read(ticket, into)).toBe(true);
    expect(into[HELD.seq]).toBe(i);
  }
});

test('a ticket is due from its intended start on, and as long as nobody has taken it', () => {
  const tickets = ring(4);
  expect(tickets.isDue(0, 1e12)).toBe(false);
  tickets.publish(0, 0, 0, 1000);
  expect(tickets.isDue(0, 999)).toBe(false);
  expect(tickets.isDue(0, 1000)).toBe(true);
  tickets.read(0, held());
  expect(tickets.isDue(0, 1000)).toBe(false);
});

test('the queue has room for twice the backlog, and for the largest one in a hundred megabytes', () => {
  expect(ticketRoom(null)).toBe(TICKETS);
  expect(ticketRoom(1000)).toBe(TICKETS);
  expect(ticketRoom(100_000)).toBe(262_144);
  expect(ticketRoom(MOST_BACKLOG)).toBe(4_194_304);
  expect(ticketRoom(MOST_BACKLOG + 1)).toBe(8_388_608);
});
