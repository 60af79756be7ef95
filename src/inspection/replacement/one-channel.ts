/** Several inspections of one body that share one deadline. */
import type { Aidr, AidrChannel, AidrUsage, SessionTerms } from '../../aidr/session.ts';

export interface SharedAidr {
  aidr: Aidr;
  /** To be called once, when all of them are over. */
  end(): AidrUsage;
}

const NOTHING: AidrUsage = { attempts: 0, elapsedMs: 0 };

/** The time begins with the first session. The end of one stops what it would still ask, and nothing of the others. */
export function oneChannel(aidr: Aidr, terms: SessionTerms): SharedAidr {
  let channel: AidrChannel | undefined;
  return {
    aidr: {
      openChannel() {
        channel ??= aidr.openChannel(terms);
        return partOf(channel);
      },
      readVerdict: (reply, caller) => aidr.readVerdict(reply, caller),
    },
    end: () => channel?.end() ?? NOTHING,
  };
}

function partOf(channel: AidrChannel): AidrChannel {
  let isOver = false;
  return {
    get hasEnded() {
      return isOver || channel.hasEnded;
    },
    send: (call) => channel.send(call),
    end() {
      isOver = true;
      return NOTHING;
    },
  };
}
