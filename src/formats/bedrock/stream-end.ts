/**
 * | API | last event |
 * |---|---|
 * | ConverseStream, InvokeModelWithResponseStream | an exception |
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html
 */
import { AWS, awsFrame } from '../../body/stream/aws-event-stream.ts';
import type { BinaryStreamEnd } from '../stream-end-contract.ts';

export const BINARY_STREAM_END: BinaryStreamEnd = {
  framing: AWS,
  lastFrame(message) {
    const headers = {
      ':exception-type': 'validationException',
      ':content-type': 'application/json',
      ':message-type': 'exception',
    };
    return awsFrame(headers, { message });
  },
};
