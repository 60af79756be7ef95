/**
 * Reports when the guard is missing: without it, whatever keeps our plugins from running lets traffic through.
 *
 * Only an answer can tell, because the guard runs after every plugin's access phase.
 */

import type { PluginName } from '../../src/config/plugin-name.ts';
import { publish } from '../../src/inspection/report/inspection-channel.ts';
import { MARKERS } from '../../src/kong/guard-plugin.ts';
import type { KongRequest } from '../../src/kong/kong-request.ts';

/** Milliseconds between two looks, each of which is a question to Kong. */
const INTERVAL = 60_000;

/** One for each instance: each look that finds no guard is counted, and the line is written once. */
export class GuardWatch {
  readonly #plugin: PluginName;
  #nextLook = 0;
  #hasReported = false;

  constructor(plugin: PluginName) {
    this.#plugin = plugin;
  }

  /** @param isGuarded what Kong said about this request, if it was asked */
  async look(kongRequest: KongRequest, service: string | undefined, isGuarded?: boolean): Promise<void> {
    if (!this.#isDue() || (isGuarded ?? (await kongRequest.shared(MARKERS.guard)) !== undefined)) return;
    const text = this.#miss(service);
    if (text !== undefined) await kongRequest.log('err', `${this.#plugin}: ${text}`);
  }

  /**
   * The relay sees it, too.
   *
   * @returns what to tell the operator
   */
  see(isGuarded: boolean, service: string | undefined): string | undefined {
    return this.#isDue() && !isGuarded ? this.#miss(service) : undefined;
  }

  #isDue(): boolean {
    const now = Date.now();
    if (now < this.#nextLook) return false;
    this.#nextLook = now + INTERVAL;
    return true;
  }

  #miss(service: string | undefined): string | undefined {
    publish({ kind: 'unguarded', direction: 'response' });
    if (this.#hasReported) return undefined;
    this.#hasReported = true;
    const where = service ? ` on service ${service}` : '';
    return `the guard is missing${where}: a failure would let traffic through uninspected`;
  }
}
