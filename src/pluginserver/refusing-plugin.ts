/** What stands in for a plugin while the process that serves it is not there: it refuses every request. */
import type { Refuser } from '../inspection/refusal/refuser.ts';
import { MARKERS } from '../kong/guard-plugin.ts';
import { PluginHost, type PluginModule } from './plugin-host.ts';
import { refusalExit } from './refusal.ts';
import type { NotedRefusals } from './refusal-notes.ts';

interface Kong {
  ctx: { shared: { set(key: string, value: string): Promise<unknown> } };
  response: { exit(...args: unknown[]): Promise<unknown> };
}

/** @param refusals of the process that served */
export function refusingHost(name: string, refusals: Pick<NotedRefusals, 'of'>): PluginHost {
  class Plugin extends RefusingPlugin {
    constructor(config: unknown) {
      super(refusals.of(name, config));
    }
  }
  return new PluginHost(name, { Plugin } satisfies PluginModule);
}

class RefusingPlugin {
  readonly refuser: Refuser;

  constructor(refuser: Refuser) {
    this.refuser = refuser;
  }

  async rewrite(kong: Kong): Promise<void> {
    await this.#refuse('rewrite', kong);
  }

  async access(kong: Kong): Promise<void> {
    await this.#refuse('access', kong);
  }

  async response(kong: Kong): Promise<void> {
    await this.#refuse('response', kong);
  }

  certificate(): void {}
  preread(): void {}
  log(): void {}

  async #refuse(phase: string, kong: Kong): Promise<void> {
    const exit = refusalExit(phase, this.refuser, 'overloaded');
    if (!exit) return;
    await kong.ctx.shared.set(MARKERS.exits, String(exit[0]));
    await kong.response.exit(...exit);
  }
}
