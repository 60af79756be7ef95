/** What docs/scaling.md calculates with, taken from the tables of a real Kong. */
import { SIZES } from './bodies.ts';
import { STREAMS_TITLE } from './gateway.ts';
import type { Row, Table } from './table.ts';

const SMALL = '2 KB × 16';
const LARGE = '64 KB × 16';
const OURS = 'ours: both directions';
const GATEWAY_ALONE = 'gateway alone';
const SERVER_CPU = 'plugin server CPU µs';
const WORKER_CPU = 'gateway CPU µs';
/** Kilobytes by which prompt and answer of the two cases differ. */
const MORE_KILOBYTES = (SIZES['64 KB'] - SIZES['2 KB']) / 1024;
const DIRECTIONS = 2;

/**
 * @param kong tables of a real Kong
 * @param server tables of the replayed RPC, where the round trips of each direction are counted
 */
export function capacity(kong: Table[], server: Table[]): Table {
  const isStream = ({ title }: Table) => title.startsWith(STREAMS_TITLE);
  const json = kong.filter((table) => !isStream(table)).flatMap((table) => table.rows);
  const streams = kong.filter(isStream).flatMap((table) => table.rows);
  const [small, large] = [find(json, SMALL, OURS), find(json, LARGE, OURS)];
  const cpu = number(small, SERVER_CPU);
  const more = (column: string) =>
    (number(large, column) - number(small, column)) / (DIRECTIONS * MORE_KILOBYTES);
  const streamed = number(find(streams, LARGE, OURS), SERVER_CPU) - number(large, SERVER_CPU);
  const alone = number(find(json, SMALL, GATEWAY_ALONE), WORKER_CPU);
  const counted = server.flatMap((table) => table.rows.filter((row) => 'round trips' in row));
  const roundTrips = counted.reduce((sum, row) => sum + number(row, 'round trips'), 0);
  return {
    title: 'Capacity',
    note: 'CPU time at 16 connections, both directions: what docs/scaling.md calculates with.',
    rows: [
      { case: 'plugin server, a request of 2 KB', µs: cpu },
      { case: 'plugin server, each further KB of a prompt or answer', µs: tenths(more(SERVER_CPU)) },
      {
        case: 'plugin server, each further KB of a streamed answer',
        µs: tenths(more(SERVER_CPU) + streamed / MORE_KILOBYTES),
      },
      { case: 'Kong worker, a request without the plugins', µs: alone },
      { case: 'Kong worker, each further KB of a prompt or answer', µs: tenths(more(WORKER_CPU)) },
      {
        case: `Kong worker, each of ${roundTrips} round trips`,
        µs: tenths((number(small, WORKER_CPU) - alone) / roundTrips),
      },
    ],
  };
}

function find(rows: Row[], name: string, gateway: string): Row | undefined {
  return rows.find((row) => row.case === name && row.gateway === gateway);
}

function number(row: Row | undefined, column: string): number {
  return Number(row?.[column] ?? Number.NaN);
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
