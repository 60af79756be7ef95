/**
 * The round trip of format-preserving encryption: values are encrypted under a context of their request, and whoever
 * hands the context back gets them decrypted wherever they occur.
 *
 * A context is `nonce ‖ tag ‖ sealed`, in base64: AES-256-GCM over the list of the encrypted values. The nonce is also
 * the tweak of the encryption. So nothing is kept between requests, and no clear text is in the context. It is not bound
 * to an API key: after a rotation the new key decrypts what the old one had encrypted.
 */
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { literal } from './detect.ts';
import { decrypt, encrypt } from './permutation.ts';

const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** What one request encrypts. */
export interface Encryption {
  encrypt(value: string): string;
  /** What decrypts it again; undefined when nothing was encrypted. */
  context(): string | undefined;
}

export class Fpe {
  readonly #sealing = randomBytes(32);
  readonly #permuting = randomBytes(32);

  /** Starts the encryption of one request. */
  encryption(): Encryption {
    const nonce = randomBytes(NONCE_BYTES);
    const secret = this.#secretFor(nonce);
    const values = new Set<string>();
    return {
      encrypt(value) {
        const encrypted = encrypt(secret, value);
        values.add(encrypted);
        return encrypted;
      },
      context: () => (values.size === 0 ? undefined : this.#seal(nonce, [...values])),
    };
  }

  /** Decrypts the values of a context in a text; undefined if the context is broken or not one of this instance. */
  decryption(context: string): ((text: string) => string) | undefined {
    const bytes = Buffer.from(context, 'base64');
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const values = this.#open(bytes);
    if (!values) return undefined;
    const secret = this.#secretFor(nonce);
    const pattern = anyOf(values);
    return (text) => text.replace(pattern, (value) => decrypt(secret, value));
  }

  #secretFor(nonce: Buffer): Buffer {
    return createHmac('sha256', this.#permuting).update(nonce).digest();
  }

  #seal(nonce: Buffer, values: string[]): string {
    const cipher = createCipheriv(ALGORITHM, this.#sealing, nonce, { authTagLength: TAG_BYTES });
    const sealed = Buffer.concat([cipher.update(JSON.stringify(values)), cipher.final()]);
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
  }

  #open(bytes: Buffer): string[] | undefined {
    if (bytes.length <= NONCE_BYTES + TAG_BYTES) return undefined;
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv(ALGORITHM, this.#sealing, nonce, { authTagLength: TAG_BYTES });
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    const opened = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
    try {
      return JSON.parse(Buffer.concat([opened, decipher.final()]).toString());
    } catch {
      return undefined;
    }
  }
}

/** The longest first: one value can be the beginning of another. */
function anyOf(values: readonly string[]): RegExp {
  const longestFirst = values.toSorted((a, b) => b.length - a.length);
  return new RegExp(longestFirst.map(literal).join('|'), 'g');
}
