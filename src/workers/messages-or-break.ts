/** Inspects messages where they are read, and refuses them there when the inspection throws: then their ids are known. */
import type { InspectionRequest, MessageInspector } from '../inspection/inspector.ts';
import { brokenMessages } from '../inspection/messages/broken-messages.ts';
import { inspectPlainMessages } from '../inspection/messages/inspect-messages.ts';
import type { InspectedMessages, PlainMessages } from '../inspection/messages/message-body.ts';
import { errorLocation } from '../kong/error-location.ts';

/** Under `audit` it rejects. */
export async function inspectMessagesOrBreak(
  inspector: MessageInspector,
  body: PlainMessages,
  request: InspectionRequest,
): Promise<InspectedMessages> {
  try {
    return await inspectPlainMessages(inspector, body, request);
  } catch (error) {
    if (inspector.config.enforcing_strategy === 'audit') throw error;
    return brokenMessages(inspector, body, errorLocation(error));
  }
}
