/** What docs/scaling.md calculates with, taken from the tables of a real Kong. */
import { SIZES } from './bodies.ts';
import type { Row, Table } from './table.ts';

const SMALL = '2 KB × 16';
const LARGE = '64 KB × 16';
const OURS = 'ours: both legs';
const GATEWAY_ALONE = 'gateway alone';
/** Kilobytes by which prompt and answer of the two cases differ. */
const MORE_KILOBYTES = (SIZES['64 KB'] - SIZES['2 KB']) / 1024;
const LEGS = 2;

/**
 * @param kong tables of a real Kong
 * @param server tables of the replayed RPC, where the round trips of each leg are counted
 */
export function capacity(kong: Table[], server: Table[]): Table {
  const rows = kong.flatMap((table) => table.rows);
  const counted = server.flatMap((table) => table.rows.filter((row) => 'round trips' in row));
  const roundTrips = counted.reduce((sum, row) => sum + number(row, 'round trips'), 0);
  const small = find(rows, SMALL, OURS);
  const cpu = number(small, 'plugin server CPU µs');
  const perKilobyte =
    (number(find(rows, LARGE, OURS), 'plugin server CPU µs') - cpu) / (LEGS * MORE_KILOBYTES);
  const alone = number(find(rows, SMALL, GATEWAY_ALONE), 'gateway CPU µs');
  const ours = number(small, 'gateway CPU µs');
  return {
    title: 'Capacity',
    note: 'CPU time at 16 connections, both legs: what docs/scaling.md calculates with.',
    rows: [
      { case: 'plugin server, a request of 2 KB', µs: cpu },
      { case: 'plugin server, each further KB of a leg', µs: tenths(perKilobyte) },
      { case: 'Kong worker, a request without the plugins', µs: alone },
      { case: `Kong worker, each of ${roundTrips} round trips`, µs: tenths((ours - alone) / roundTrips) },
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
