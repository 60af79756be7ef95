declare module 'kong-pdk/pdk.js' {
  /** The two ends of one phase's conversation with Kong. */
  interface Pipe {
    /** Takes the next PDK call. */
    put(call: { Method: string; Args: unknown[] }): void;
    /** Gives Kong's answer to the oldest call that has none yet: value, error. */
    get(): Promise<[unknown, unknown]>;
  }
  /** kong-pdk's bridge: turns `kong.request.getHeader(…)` into a call on the pipe. */
  class Pdk {
    constructor(pipe: Pipe);
    readonly kong: unknown;
  }
  export = Pdk;
}
