/** AIDR, real or played, with an ear at what it is sent and what it answers. */
import { type GuardCall, guardJson } from '../../aidr/request.ts';
import type { Aidr } from '../../aidr/session.ts';
import type { Sent } from '../../aidr/transport.ts';

/** One call as it leaves: retries are not counted, and neither is the decryption of what AIDR encrypted. */
export interface RecordedCall extends GuardCall {
  /** Of the JSON that is sent. */
  bytes: number;
  sent: Sent;
}

export function recordingAidr(aidr: Aidr, hear: (call: RecordedCall) => void): Aidr {
  return {
    readVerdict: aidr.readVerdict,
    openChannel(terms) {
      const channel = aidr.openChannel(terms);
      return {
        get hasEnded() {
          return channel.hasEnded;
        },
        end: () => channel.end(),
        async send(call) {
          const sent = await channel.send(call);
          if (call.kind === 'guard') {
            const { metadata, input } = call;
            hear({ metadata, input, bytes: Buffer.byteLength(guardJson(call), 'utf8'), sent });
          }
          return sent;
        },
      };
    },
  };
}
