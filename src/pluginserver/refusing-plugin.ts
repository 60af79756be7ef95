/** What stands in for a plugin while the process that serves it is not there: it refuses every request. */
import { MARKERS } from '../kong/guard-plugin.ts';
import { PluginHost, type PluginModule } from './plugin-host.ts';
import { refusalExit } from './refusal.ts';

interface Kong {
  ctx: { shared: { set(key: string, value: string): Promise<unknown> } };
  response: { exit(...args: unknown[]): Promise<unknown> };
}

export function refusingHost(name: string): PluginHost {
  return new PluginHost(name, { Plugin: RefusingPlugin } satisfies PluginModule);
}

class RefusingPlugin {
  /** Under `audit` nothing stops traffic. */
  readonly neverRefuses: boolean;

  constructor(config: unknown) {
    this.neverRefuses =
      typeof config === 'object' &&
      config !== null &&
      'enforcing_strategy' in config &&
      config.enforcing_strategy === 'audit';
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
    const exit = refusalExit(phase, this.neverRefuses, 'overloaded');
    if (!exit) return;
    await kong.ctx.shared.set(MARKERS.exits, String(exit[0]));
    await kong.response.exit(...exit);
  }
}
