/** What of contents and their parts is no text. */

import { message } from '../proto-json.ts';
import {
  all,
  duration,
  either,
  known,
  matching,
  mediaType,
  oneOf,
  type Shape,
  sealed,
  uuid,
} from '../shape.ts';

/** `en`, `en-US`, `es-419`, `zh-Hans-CN`; Google has few languages of three letters. */
export const languageCode = matching(
  /^(?:[a-z]{2}|ceb|cmn|fil|kok|mai|yue)(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|419))?$/,
);

/** A UUID or a hash, bare or as the frameworks write it that number the calls of models which do not. */
const callId = either(
  uuid,
  matching(/^(?:adk-|call_|pyd_ai_)[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/),
);

/** What Google tells callers to send where they have no signature. */
const noSignature = oneOf(
  ...['context_engineering_is_the_way_to_go', 'skip_thought_signature_validator'],
  ...['c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I=', 'Y29udGV4dF9lbmdpbmVlcmluZ19pc190aGVfd2F5X3RvX2dv'],
);

const mediaProcessing = oneOf('MEDIA_PROCESSING_UNSPECIFIED', 'STATIC', 'AGENTIC');

const media = {
  inlineData: message({ mimeType: mediaType, ...all('data displayName', known) }),
  fileData: message({ mimeType: mediaType, ...all('fileUri displayName', known) }),
  mediaProcessing,
};

const toolType = oneOf(
  ...['TOOL_TYPE_UNSPECIFIED', 'GOOGLE_SEARCH_WEB', 'GOOGLE_SEARCH_IMAGE', 'URL_CONTEXT', 'GOOGLE_MAPS'],
  ...['FILE_SEARCH', 'MEDIA_PROCESSING'],
);

/** The path is made of the names of arguments. */
const partialArg = message({
  ...all('jsonPath stringValue numberValue boolValue willContinue', known),
  nullValue: oneOf('NULL_VALUE'),
});

const calls = {
  functionCall: message({ id: callId, ...all('name args willContinue', known), partialArgs: partialArg }),
  functionResponse: message({
    id: callId,
    ...all('name response willContinue', known),
    parts: message(media),
    scheduling: oneOf('SCHEDULING_UNSPECIFIED', 'SILENT', 'WHEN_IDLE', 'INTERRUPT'),
  }),
  toolCall: message({ id: callId, toolType, args: known, partialArgs: partialArg }),
  toolResponse: message({ id: callId, toolType, response: known }),
  executableCode: message({ id: callId, language: oneOf('LANGUAGE_UNSPECIFIED', 'PYTHON'), code: known }),
  codeExecutionResult: message({
    id: callId,
    outcome: oneOf('OUTCOME_UNSPECIFIED', 'OUTCOME_OK', 'OUTCOME_FAILED', 'OUTCOME_DEADLINE_EXCEEDED'),
    output: known,
  }),
};

const mediaResolution = oneOf(
  ...['MEDIA_RESOLUTION_UNSPECIFIED', 'MEDIA_RESOLUTION_LOW', 'MEDIA_RESOLUTION_MEDIUM'],
  ...['MEDIA_RESOLUTION_HIGH', 'MEDIA_RESOLUTION_ULTRA_HIGH'],
);

const part = message({
  ...all('text thought partMetadata', known),
  thoughtSignature: either(sealed, noSignature),
  ...media,
  ...calls,
  videoMetadata: message({ ...all('startOffset endOffset', duration), fps: known }),
  mediaResolution: either(mediaResolution, message({ level: mediaResolution, numTokens: known })),
  audioTranscription: message({
    ...all('text finished speakerLabel', known),
    languageCode,
    words: message({ word: known, ...all('startOffset endOffset', duration) }),
    ...all('startOffset endOffset', duration),
  }),
  speechMetadata: message(all('speaker style', known)),
});

/** Every role that some version of the API, or Google's own clients, know. */
const role = oneOf('user', 'model', 'function', 'tool', 'system', 'assistant');

export const CONTENT: Shape = message({ role, parts: part });
