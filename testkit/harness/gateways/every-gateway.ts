import { describe, it } from 'vitest';
import { docker } from './docker.ts';
import type { GatewayDriver } from './driver.ts';
import { embedded } from './embedded.ts';
import { kong } from './kong.ts';

/** Declares the same tests for every gateway that can run here. */
export async function throughEveryGateway(
  what: string,
  declare: (driver: GatewayDriver) => void,
): Promise<void> {
  for (const driver of [embedded, kong, docker]) {
    const missing = await driver.missing();
    describe(`${what} through ${driver.name}`, () => {
      // Reported, and never counted as passed.
      if (missing !== undefined) it(`did not run: ${missing}`, (test) => test.skip(missing));
      else declare(driver);
    });
  }
}
