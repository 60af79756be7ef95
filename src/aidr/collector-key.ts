/**
 * The collector's token, which can change while instances live: Kong resolves a vault reference once, when it starts
 * an instance.
 *
 * The token is in a private field, so that it shows in no log, no JSON and no inspected object.
 */
import { hash } from 'node:crypto';
import { PRINTABLE_WORD } from '../config/schema.ts';
import { within } from './deadline.ts';

/** Resolves a `{vault://…}` reference; the PDK that does it exists only inside a phase. */
export type Vault = (reference: string) => Promise<string | undefined>;

/** Milliseconds between two looks at the vault. */
const LOOK_EVERY = 60_000;
/** Milliseconds for which a reference that gave no better key is left alone, however often AIDR refuses the key. */
const QUIET_AFTER_FAILURE = 10_000;
/** Milliseconds that Kong may take: the phase that asked may have ended. */
const VAULT_LIMIT = 1_000;

export class CollectorKey {
  #value: string;
  #id: string | undefined;
  readonly #reference: string | undefined;
  #nextLook = Date.now() + LOOK_EVERY;
  #quietUntil = 0;
  #looking: Promise<void> | undefined;

  /** @param reference where the value came from, if from a vault */
  constructor(value: string, reference?: string) {
    this.#value = value;
    this.#reference = reference;
  }

  get value(): string {
    return this.#value;
  }

  /** Tells keys apart without being one. */
  get id(): string {
    this.#id ??= hash('sha256', this.#value, 'base64url').slice(0, 16);
    return this.#id;
  }

  /** Looks at the vault when it is time to; whoever comes meanwhile goes on with the key as it is. */
  async refresh(vault: Vault): Promise<void> {
    const now = Date.now();
    if (this.#reference === undefined || now < this.#nextLook || now < this.#quietUntil) return;
    await this.#look(vault);
  }

  /** AIDR refused the key where no vault can be asked: the next one who can asks first. */
  suspect(): void {
    this.#nextLook = 0;
  }

  /**
   * AIDR refused this key. Concurrent refusals share one look at the vault.
   *
   * @returns whether there is another key now
   */
  async renew(refused: string, vault: Vault): Promise<boolean> {
    if (this.#value !== refused) return true;
    if (this.#reference === undefined || (!this.#looking && Date.now() < this.#quietUntil)) return false;
    await (this.#looking ?? this.#look(vault));
    if (this.#value !== refused) return true;
    this.#quietUntil = Date.now() + QUIET_AFTER_FAILURE;
    return false;
  }

  #look(vault: Vault): Promise<void> {
    this.#nextLook = Date.now() + LOOK_EVERY;
    this.#looking = this.#resolve(vault).finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #resolve(vault: Vault): Promise<void> {
    const found = await within(VAULT_LIMIT, this.#ask(vault));
    const key = found?.trim();
    if (!key || !PRINTABLE_WORD.test(key)) {
      this.#quietUntil = Date.now() + QUIET_AFTER_FAILURE;
    } else if (key !== this.#value) {
      this.#value = key;
      this.#id = undefined;
    }
  }

  async #ask(vault: Vault): Promise<string | undefined> {
    try {
      return await vault(this.#reference ?? '');
    } catch {
      return undefined;
    }
  }
}
