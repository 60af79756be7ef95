/** Several inspections of one body that share one deadline. */
import type { Aidr, AidrChannel, AidrUsage, SessionTerms } from '../../aidr/session.ts';

export interface SharedAidr {
  aidr: Aidr;
  /** To be called once, when all of them are over. */
  end(): AidrUsage;
}

const NOTHING: AidrUsage = { attempts: 0, elapsedMs: 0 };

/** The time begins with the first session; the end of one does not end the others. */
export function oneChannel(aidr: Aidr, terms: SessionTerms): SharedAidr {
  let channel: AidrChannel | undefined;
  const opened = () => {
    channel ??= aidr.openChannel(terms);
    return channel;
  };
  const shared: AidrChannel = {
    get isOver() {
      return opened().isOver;
    },
    send: (call) => opened().send(call),
    end: () => NOTHING,
  };
  return {
    aidr: {
      openChannel() {
        opened();
        return shared;
      },
      readVerdict: (reply, caller) => aidr.readVerdict(reply, caller),
    },
    end: () => channel?.end() ?? NOTHING,
  };
}
