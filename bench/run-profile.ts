/** How long a benchmark takes for its numbers. */
export interface RunProfile {
  /** Alternating rounds of each contest: many short ones share out the machine's moods better than few long ones. */
  rounds: number;
  /** Milliseconds of load in one round of one contestant. */
  roundMs: number;
  /** Milliseconds of load on each contestant before the first contest, and before each: a gateway runs for weeks. */
  heatMs: number;
  warmMs: number;
  /** Of the runs that are counted rather than timed, how many are made. */
  share: number;
  /** Requests over which memory is watched. */
  soakRequests: number;
  /** Leaves out contests that refine an answer rather than give one. */
  isQuick: boolean;
}

export const FULL: RunProfile = {
  ...{ rounds: 10, roundMs: 250, heatMs: 15_000, warmMs: 3_000 },
  ...{ share: 1, soakRequests: 30_000, isQuick: false },
};
export const QUICK: RunProfile = {
  ...{ rounds: 4, roundMs: 150, heatMs: 600, warmMs: 150 },
  ...{ share: 0.1, soakRequests: 4000, isQuick: true },
};
