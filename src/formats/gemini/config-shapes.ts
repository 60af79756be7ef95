/** What of `generationConfig` is no text. */
import { JSON_SCHEMA } from '../json-schema-shape.ts';
import { message } from '../proto-json.ts';
import { all, duration, either, known, matching, mediaType, modelName, oneOf, sealed } from '../shape.ts';
import { languageCode } from './content-shapes.ts';

/** The voices that come with the models; another is one's own. */
const prebuiltVoice = oneOf(
  ...['Zephyr', 'Puck', 'Charon', 'Kore', 'Fenrir', 'Leda', 'Orus', 'Aoede', 'Callirrhoe', 'Autonoe'],
  ...[
    'Enceladus',
    'Iapetus',
    'Umbriel',
    'Algieba',
    'Despina',
    'Erinome',
    'Algenib',
    'Rasalgethi',
    'Laomedeia',
  ],
  ...['Achernar', 'Alnilam', 'Schedar', 'Gacrux', 'Pulcherrima', 'Achird', 'Zubenelgenubi', 'Vindemiatrix'],
  ...['Sadachbia', 'Sadaltager', 'Sulafat'],
);

const voiceConfig = message({
  voice: prebuiltVoice,
  prebuiltVoiceConfig: message({ voiceName: prebuiltVoice }),
  replicatedVoiceConfig: message({
    mimeType: mediaType,
    ...all('voiceSampleAudio consentAudio', known),
    voiceConsentSignature: message({ signature: sealed }),
  }),
});

const speechConfig = message({
  voiceConfig,
  languageCode,
  multiSpeakerVoiceConfig: message({ speakerVoiceConfigs: message({ speaker: known, voiceConfig }) }),
});

const LEVELS = ['THINKING_LEVEL_UNSPECIFIED', 'MINIMAL', 'LOW', 'MEDIUM', 'HIGH'];

const thinkingConfig = message({
  ...all('includeThoughts thinkingBudget', known),
  thinkingLevel: oneOf(...LEVELS, ...LEVELS.map((level) => level.toLowerCase())),
});

const aspectRatio = either(
  matching(/^\d{1,2}:\d{1,2}$/),
  matching(
    /^ASPECT_RATIO_(?:UNSPECIFIED|(?:ONE|TWO|THREE|FOUR|FIVE|EIGHT|NINE|SIXTEEN|TWENTY_ONE)_BY_(?:ONE|TWO|THREE|FOUR|FIVE|EIGHT|NINE|SIXTEEN))$/,
  ),
);

const imageSize = oneOf(
  ...['512', '1K', '2K', '4K', 'IMAGE_SIZE_UNSPECIFIED', 'IMAGE_SIZE_FIVE_TWELVE', 'IMAGE_SIZE_ONE_K'],
  ...['IMAGE_SIZE_TWO_K', 'IMAGE_SIZE_FOUR_K'],
);

const imageConfig = message({
  aspectRatio,
  imageSize,
  personGeneration: oneOf(
    ...['PERSON_GENERATION_UNSPECIFIED', 'DONT_ALLOW', 'ALLOW_NONE', 'ALLOW_ADULT', 'ALLOW_ALL'],
  ),
  outputMimeType: mediaType,
  outputCompressionQuality: known,
  imageOutputOptions: message({ mimeType: mediaType, compressionQuality: known }),
  prominentPeople: oneOf('PROMINENT_PEOPLE_UNSPECIFIED', 'ALLOW_PROMINENT_PEOPLE', 'BLOCK_PROMINENT_PEOPLE'),
});

const preference = oneOf(
  ...[
    'UNKNOWN',
    'FEATURE_SELECTION_PREFERENCE_UNSPECIFIED',
    'PRIORITIZE_QUALITY',
    'BALANCED',
    'PRIORITIZE_COST',
  ],
);

const answerType = oneOf(
  'text/plain',
  'text/x.enum',
  'application/json',
  'application/xml',
  'application/yaml',
);

const delivery = oneOf('DELIVERY_UNSPECIFIED', 'INLINE', 'URI');

const responseFormat = message({
  text: message({ mimeType: answerType, schema: JSON_SCHEMA }),
  audio: message({ mimeType: mediaType, delivery, bitRate: known, sampleRate: known }),
  image: message({ mimeType: mediaType, delivery, aspectRatio, imageSize }),
  video: message({ delivery, aspectRatio, duration, ...all('gcsUri resolution', known) }),
});

const modality = oneOf(
  ...['MODALITY_UNSPECIFIED', 'TEXT', 'IMAGE', 'AUDIO', 'VIDEO'],
  ...['Text', 'Image', 'Audio', 'Video', 'text', 'image', 'audio', 'video'],
);

export const GENERATION_CONFIG = message({
  ...all('temperature topP topK candidateCount maxOutputTokens seed presencePenalty frequencyPenalty', known),
  ...all('stopSequences responseLogprobs logprobs audioTimestamp enableAffectiveDialog', known),
  ...all('enableEnhancedCivicAnswers', known),
  responseMimeType: answerType,
  responseModalities: modality,
  ...all('responseSchema responseJsonSchema', JSON_SCHEMA),
  // The Gemini API's own spelling.
  _responseJsonSchema: JSON_SCHEMA,
  responseFormat,
  mediaResolution: oneOf(
    ...[
      'MEDIA_RESOLUTION_UNSPECIFIED',
      'MEDIA_RESOLUTION_LOW',
      'MEDIA_RESOLUTION_MEDIUM',
      'MEDIA_RESOLUTION_HIGH',
    ],
  ),
  speechConfig,
  thinkingConfig,
  imageConfig,
  routingConfig: message({
    autoMode: message({ modelRoutingPreference: preference }),
    manualMode: message({ modelName }),
  }),
  modelSelectionConfig: message({ featureSelectionPreference: preference }),
  audioTranscriptionConfig: message({
    languageCodes: languageCode,
    ...all('languageAuto customVocabulary adaptationPhrases sourceText', known),
    languageHints: message({ languageCodes: languageCode }),
    ...all('wordTimestamp diarization', known),
    mode: oneOf('MODE_UNSPECIFIED', 'VERBATIM', 'SMART'),
  }),
  translationConfig: message({ echoTargetLanguage: known, targetLanguageCode: languageCode }),
});
