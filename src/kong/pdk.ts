/**
 * The part of Kong's plugin development kit that is called here, typed by what really comes back.
 *
 * kong-pdk's own types are of an older Kong and promise too much: a PDK call's error value is lost on the way, so
 * everything can be `undefined`, and bodies are bytes.
 */

type Call<Arguments extends unknown[] = []> = (...args: Arguments) => Promise<unknown>;

export interface Pdk {
  client: { getConsumer: Call; getForwardedIp: Call };
  ctx: {
    shared: { get: Call<[key: string]>; set: Call<[key: string, value: string]> };
    /** Kong has these only where the batch hook ran. */
    crowdstrikeAidr: {
      prompt: Call<[max: number]>;
      facts: Call;
      answer: Call;
      expectAnswer: Call<[exits: string]>;
      relay: Call<[offer: object]>;
      leave: Call<
        [
          ...[key: string, marker: string, recordKey: string, record: object],
          ...[exits?: string | false, hasChangedPrompt?: boolean],
        ]
      >;
    };
  };
  log: Record<'err' | 'warn' | 'notice', Call<[message: string]>> & {
    setSerializeValue: Call<[key: string, value: object]>;
  };
  nginx: {
    getCtx: Call<[key: string]>;
    getVar: Call<[name: string]>;
    setCtx: Call<[key: string, value: boolean | string | Uint8Array]>;
  };
  request: {
    getHeaders: Call<[max: number]>;
    getPath: Call;
    getQueryArg: Call<[name: string]>;
    getRawBody: Call<[max: number]>;
  };
  response: {
    clearHeader: Call<[name: string]>;
    exit: Call<[status: number, body: string | Uint8Array, headers: Record<string, string>]>;
    getHeaders: Call<[max: number]>;
    getStatus: Call;
    setHeader: Call<[name: string, value: string]>;
    setHeaders: Call<[headers: Record<string, string>]>;
  };
  router: { getRoute: Call; getService: Call };
  service: {
    request: {
      clearHeader: Call<[name: string]>;
      setHeader: Call<[name: string, value: string]>;
      setRawBody: Call<[body: string | Uint8Array]>;
      setScheme: Call<[scheme: string]>;
    };
    response: { getRawBody: Call };
    setTarget: Call<[host: string, port: number]>;
    setRetries: Call<[retries: number]>;
    /** Since Kong 3.9; before, it does nothing. */
    setTimeouts: Call<[connect: number, write: number, read: number]>;
  };
  vault: { get: Call<[reference: string]> };
}
