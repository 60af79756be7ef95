/** For limits on what code costs: a clock would count what else the machine does. */

/** @returns the milliseconds that this process computed meanwhile */
export function cpuMilliseconds(run: () => void): number {
  const began = process.cpuUsage();
  run();
  return process.cpuUsage(began).user / 1_000;
}
