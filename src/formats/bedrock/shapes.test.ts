import type {
  ConverseCommandInput,
  ConverseStreamOutput,
  GuardrailTraceAssessment,
} from '@aws-sdk/client-bedrock-runtime';
import { describe, expect, it } from 'vitest';
import { placesThatHide, restOf } from '../../../testkit/formats/extract.ts';
import { type Reading, readRequest, readResponse, readStream } from '../read.ts';
import { routeFormats } from '../registry.ts';
import { isObject } from '../segment.ts';

const CONVERSE = '/model/amazon.nova-pro-v1%3A0/converse';
const INVOKE = '/model/amazon.nova-pro-v1%3A0/invoke';
const converse = routeFormats('bedrock', 'converse') ?? { configured: [], all: [] };
const invoke = routeFormats('bedrock', 'invoke') ?? { configured: [], all: [] };

const SEALED = 'Eo8BCioIBxgCIiQ0NGFlNjc2Yy05NThmLTRkNjgtOTEwOC1lYWU5ZGU3YjM2ABCDEFGH0123456789ab==';
const CALL = 'tooluse_W9DaUFg4Tj2cRPpndqxWSg';
const MODEL = 'arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-4-20250514-v1:0';
const bytes = SEALED as unknown as Uint8Array;
const cachePoint = { type: 'default', ttl: '1h' } as const;
const citation = {
  title: 'words',
  source: 'words',
  sourceContent: [{ text: 'words' }],
  location: { documentChar: { documentIndex: 0, start: 1e6, end: 2e6 } },
};

const request = {
  modelId: MODEL,
  system: [{ text: 'words' }, { cachePoint }],
  messages: [
    {
      role: 'user',
      content: [
        { text: 'words' },
        { guardContent: { text: { text: 'words', qualifiers: ['grounding_source'] } } },
        { guardContent: { image: { format: 'png', source: { bytes } } } },
        { image: { format: 'webp', source: { bytes }, error: { message: 'words' } } },
        { video: { format: 'three_gp', source: { s3Location: { uri: 'words', bucketOwner: 'words' } } } },
        { audio: { format: 'x-aac', source: { bytes } } },
        {
          document: {
            format: 'pdf',
            name: 'words',
            context: 'words',
            source: { bytes },
            citations: { enabled: true },
          },
        },
        {
          searchResult: {
            source: 'words',
            title: 'words',
            content: [{ text: 'words' }],
            citations: { enabled: true },
          },
        },
        {
          toolResult: {
            toolUseId: CALL,
            status: 'success',
            type: 'nova_grounding_result',
            content: [{ text: 'words' }, { json: { words: 'words' } }],
          },
        },
        { cachePoint },
      ],
    },
    {
      role: 'assistant',
      content: [
        { reasoningContent: { reasoningText: { text: 'words', signature: SEALED } } },
        { reasoningContent: { redactedContent: bytes } },
        { toolUse: { toolUseId: CALL, name: 'named', input: { words: 'words' }, type: 'server_tool_use' } },
        { citationsContent: { content: [{ text: 'words' }], citations: [citation] } },
        { toolAddition: { tool: { type: 'tool_reference', name: 'words', serverName: 'words' } } },
      ],
    },
  ],
  inferenceConfig: { maxTokens: 1e6, temperature: 1, topP: 1, stopSequences: ['words'] },
  toolConfig: {
    tools: [
      {
        toolSpec: {
          name: 'named',
          description: 'words',
          inputSchema: { json: { type: 'object' } },
          strict: true,
        },
      },
      { systemTool: { name: 'nova_code_interpreter' } },
      { cachePoint },
    ],
    toolChoice: { tool: { name: 'named' } },
  },
  guardrailConfig: {
    guardrailIdentifier: 'arn:aws:bedrock:us-east-1:123456789012:guardrail/5zwrmdlsra2e',
    guardrailVersion: 'DRAFT',
    trace: 'enabled_full',
  },
  additionalModelRequestFields: { words: 'words' },
  additionalModelResponseFieldPaths: ['words'],
  promptVariables: { words: { text: 'words' } },
  requestMetadata: { words: 'words' },
  performanceConfig: { latency: 'optimized' },
  serviceTier: { type: 'flex' },
  outputConfig: {
    effort: 'high',
    textFormat: {
      type: 'json_schema',
      structure: { jsonSchema: { schema: 'words', name: 'words', description: 'words' } },
    },
  },
} satisfies ConverseCommandInput;

const statements = [{ logic: 'words', naturalLanguage: 'words' }];
const found = { action: 'BLOCKED', detected: true } as const;

const assessment = {
  topicPolicy: { topics: [{ ...found, name: 'words', type: 'DENY' }] },
  contentPolicy: { filters: [{ ...found, type: 'HATE', confidence: 'LOW', filterStrength: 'HIGH' }] },
  wordPolicy: {
    customWords: [{ ...found, match: 'words' }],
    managedWordLists: [{ ...found, match: 'words', type: 'PROFANITY' }],
  },
  sensitiveInformationPolicy: {
    piiEntities: [{ ...found, match: 'words', type: 'US_SOCIAL_SECURITY_NUMBER' }],
    regexes: [{ ...found, name: 'words', match: 'words', regex: 'words' }],
  },
  contextualGroundingPolicy: { filters: [{ ...found, type: 'GROUNDING', threshold: 0.5, score: 0.1 }] },
  automatedReasoningPolicy: {
    findings: [
      {
        invalid: {
          translation: { premises: statements, untranslatedClaims: [{ text: 'words' }], confidence: 0.5 },
          contradictingRules: [
            {
              identifier: 'words',
              policyVersionArn:
                'arn:aws:bedrock:us-east-1:123456789012:automated-reasoning-policy/5zwrmdlsra2e:1',
            },
          ],
          logicWarning: { type: 'ALWAYS_FALSE', premises: statements, claims: statements },
        },
      },
      { valid: { claimsTrueScenario: { statements } } },
      { translationAmbiguous: { options: [{ translations: [{ claims: statements }] }] } },
    ],
  },
  invocationMetrics: {
    guardrailProcessingLatency: 1e6,
    usage: {
      topicPolicyUnits: 1,
      contentPolicyUnits: 1,
      wordPolicyUnits: 1,
      sensitiveInformationPolicyUnits: 1,
      sensitiveInformationPolicyFreeUnits: 1,
      contextualGroundingPolicyUnits: 1,
    },
    guardrailCoverage: { textCharacters: { guarded: 1, total: 1e6 }, images: { guarded: 0, total: 0 } },
  },
  appliedGuardrailDetails: {
    guardrailId: '5zwrmdlsra2e',
    guardrailVersion: '1',
    guardrailArn: 'arn:aws:bedrock:us-east-1:123456789012:guardrail/5zwrmdlsra2e',
    guardrailOrigin: ['REQUEST'],
    guardrailOwnership: 'SELF',
  },
} satisfies NonNullable<GuardrailTraceAssessment['inputAssessment']>[string];

const guardrail = {
  modelOutput: ['words'],
  inputAssessment: { words: assessment },
  outputAssessments: { words: [assessment] },
  actionReason: 'No action.\nGuardrail masked.',
} satisfies GuardrailTraceAssessment;

const metadata = {
  usage: {
    inputTokens: 1e6,
    outputTokens: 1,
    totalTokens: 1e6,
    cacheReadInputTokens: 1,
    cacheDetails: [{ ttl: '5m', inputTokens: 1 }],
  },
  metrics: { latencyMs: 1e6 },
  trace: { guardrail, promptRouter: { invokedModelId: MODEL } },
  performanceConfig: { latency: 'standard' },
  serviceTier: { type: 'default' },
} satisfies ConverseStreamOutput.MetadataMember['metadata'];

const answer = {
  ...metadata,
  output: { message: { role: 'assistant', content: [{ text: 'words' }] } },
  stopReason: 'guardrail_intervened',
  additionalModelResponseFields: { words: 'words' },
};

const events = [
  { messageStart: { role: 'assistant' } },
  {
    contentBlockStart: {
      contentBlockIndex: 0,
      start: { toolUse: { toolUseId: CALL, name: 'named', type: 'server_tool_use' } },
    },
  },
  { contentBlockDelta: { contentBlockIndex: 0, delta: { toolUse: { input: '{}' } } } },
  { contentBlockStop: { contentBlockIndex: 0 } },
  {
    contentBlockStart: {
      contentBlockIndex: 1,
      start: { toolResult: { toolUseId: CALL, type: 'nova_code_interpreter_result', status: 'error' } },
    },
  },
  { contentBlockDelta: { contentBlockIndex: 1, delta: { toolResult: [{ text: 'words' }] } } },
  { contentBlockStart: { contentBlockIndex: 2, start: { image: { format: 'png' } } } },
  { contentBlockDelta: { contentBlockIndex: 2, delta: { image: { source: { bytes } } } } },
  { contentBlockDelta: { contentBlockIndex: 3, delta: { reasoningContent: { signature: SEALED } } } },
  { contentBlockDelta: { contentBlockIndex: 3, delta: { reasoningContent: { redactedContent: bytes } } } },
  { contentBlockDelta: { contentBlockIndex: 4, delta: { text: 'words' } } },
  { contentBlockDelta: { contentBlockIndex: 4, delta: { citation } } },
  { messageStop: { stopReason: 'end_turn', additionalModelResponseFields: { words: 'words' } } },
  { metadata: { ...metadata, trace: { promptRouter: { invokedModelId: MODEL } } } },
] satisfies ConverseStreamOutput[];

/** As they stand in the frames: their names are the frames'. */
const framed = events.map((event) => ({ ...Object.values(event)[0], p: 'abcdefghijklmnop' }));

const exception = [
  { contentBlockIndex: 0, delta: { text: 'words' } },
  { message: 'words', originalMessage: 'words', originalStatusCode: 424, p: 'ab' },
];

const added = {
  'amazon-bedrock-trace': { guardrail: { input: { words: {} }, outputs: [{ words: assessment }] } },
  'amazon-bedrock-guardrailAction': 'INTERVENED',
  'amazon-bedrock-invocationMetrics': { inputTokenCount: 1e6, invocationLatency: 1e6 },
};

const asRequest = (value: unknown, route = invoke, path = INVOKE) =>
  readRequest(route, isObject(value) ? value : {}, path);

const asAnswer = (value: unknown) => readResponse(invoke, value, INVOKE);

const asEvents = (value: unknown) =>
  readStream(invoke, Array.isArray(value) ? value.map((item: unknown) => ({ value: item })) : [], INVOKE);

const REQUESTS: [string, unknown][] = [
  [
    'Anthropic',
    {
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 1e6,
      messages: [{ role: 'user', content: [{ type: 'text', text: 'words' }] }],
      'amazon-bedrock-guardrailConfig': { tagSuffix: 'words', streamProcessingMode: 'SYNCHRONOUS' },
    },
  ],
  [
    'Nova',
    {
      schemaVersion: 'messages-v1',
      messages: [{ role: 'user', content: [{ text: 'words' }] }],
      inferenceConfig: { max_new_tokens: 1e6 },
    },
  ],
  ['Titan', { inputText: 'words', textGenerationConfig: { maxTokenCount: 1e6, stopSequences: ['words'] } }],
  ['Titan embeddings', { inputText: 'words', dimensions: 1024, embeddingTypes: ['binary'], normalize: true }],
  ['Titan embeddings of images', { inputImage: SEALED, embeddingConfig: { outputEmbeddingLength: 256 } }],
  ['Llama', { prompt: 'words', max_gen_len: 1e6, images: [SEALED] }],
  ['Mistral', { prompt: 'words', max_tokens: 1e6, stop: ['words'] }],
  ['Jurassic-2', { prompt: 'words', maxTokens: 1e6, countPenalty: { scale: 1, applyToNumbers: true } }],
  [
    'Nova Canvas',
    {
      taskType: 'COLOR_GUIDED_GENERATION',
      colorGuidedGenerationParams: { text: 'words', referenceImage: SEALED, colors: ['#FF9900'] },
      imageGenerationConfig: { quality: 'premium', numberOfImages: 1, width: 512 },
    },
  ],
  [
    'a fitting room',
    {
      taskType: 'VIRTUAL_TRY_ON',
      virtualTryOnParams: {
        sourceImage: SEALED,
        maskType: 'GARMENT',
        mergeStyle: 'SEAMLESS',
        garmentBasedMask: { garmentClass: 'BOOTS', garmentStyling: { tuckingStyle: 'TUCKED' } },
        maskExclusions: { preserveFace: 'ON' },
      },
    },
  ],
  [
    'Nova embeddings',
    {
      schemaVersion: 'nova-multimodal-embed-v1',
      taskType: 'SINGLE_EMBEDDING',
      singleEmbeddingParams: {
        embeddingPurpose: 'GENERIC_INDEX',
        embeddingDimension: 1024,
        text: { truncationMode: 'END', value: 'words' },
        video: { format: 'mp4', embeddingMode: 'AUDIO_VIDEO_COMBINED', source: { bytes } },
      },
    },
  ],
  ['Stability', { prompt: 'words', mode: 'image-to-image', image: SEALED, aspect_ratio: '16:9' }],
  [
    'older Stability',
    { text_prompts: [{ text: 'words', weight: 1 }], style_preset: 'anime', sampler: 'DDIM' },
  ],
  [
    'Cohere Embed',
    {
      input_type: 'search_query',
      embedding_types: ['int8'],
      truncate: 'END',
      inputs: [{ content: [{ type: 'image_url', image_url: { url: 'words' } }] }],
    },
  ],
];

const ANSWERS: [string, unknown][] = [
  ['Anthropic', { ...added, type: 'message', role: 'assistant', content: [{ type: 'text', text: 'words' }] }],
  ['Nova', answer],
  [
    'Titan',
    {
      inputTextTokenCount: 1e6,
      results: [{ tokenCount: 1, outputText: 'words', completionReason: 'FINISH' }],
    },
  ],
  ['Titan embeddings', { inputTextTokenCount: 1, embedding: [0.1], embeddingsByType: { binary: [1] } }],
  [
    'Llama',
    { generation: 'words', prompt_token_count: 1e6, generation_token_count: 1, stop_reason: 'length' },
  ],
  ['Mistral', { outputs: [{ text: 'words', stop_reason: 'stop' }] }],
  [
    'Jurassic-2',
    {
      id: 'a09c1c60-6608-482a-b98d-764e4d87fcd1',
      completions: [
        {
          data: {
            text: 'words',
            tokens: [
              {
                generatedToken: { token: 'words', logprob: -1, raw_logprob: -1 },
                topTokens: [{ token: 'words', logprob: -1 }],
                textRange: { start: 0, end: 1e6 },
              },
            ],
          },
          finishReason: { reason: 'endoftext' },
        },
      ],
    },
  ],
  ['Nova Canvas', { images: [SEALED], maskImage: SEALED, error: 'words' }],
  ['Stability', { seeds: [1], finish_reasons: ['Filter reason: prompt'], images: [SEALED] }],
  [
    'older Stability',
    { result: 'success', artifacts: [{ base64: SEALED, finishReason: 'SUCCESS', seed: 1 }] },
  ],
  ['Cohere Embed', { id: 'a09c1c60-6608-482a-b98d-764e4d87fcd1', embeddings: { base64: [SEALED] } }],
  [
    'Nova embeddings',
    { embeddings: [{ embeddingType: 'TEXT', embedding: [0.1], truncatedCharLength: 1e6 }] },
  ],
  ['ranks', { results: [{ index: 0, relevance_score: 1, document: { text: 'words' } }] }],
];

type Read = (value: unknown) => Reading;

const BODIES: [string, unknown, Read][] = [
  ['a request of Converse', request, (value) => asRequest(value, converse, CONVERSE)],
  ['an answer of Converse', answer, (value) => readResponse(converse, value, CONVERSE)],
  ['a stream of Converse', framed, asEvents],
  ['a stream of Nova', events, asEvents],
  ['an exception in a stream', exception, asEvents],
  [
    'a stream of Titan',
    [
      {
        outputText: 'words',
        index: 0,
        completionReason: 'LENGTH',
        inputTextTokenCount: 1,
        'amazon-bedrock-guardrailAction': 'NONE',
      },
    ],
    asEvents,
  ],
  ...REQUESTS.map(([name, body]): [string, unknown, Read] => [`a request of ${name}`, body, asRequest]),
  ...ANSWERS.map(([name, body]): [string, unknown, Read] => [`an answer of ${name}`, body, asAnswer]),
];

/** What stands in these bodies for something that somebody chose. */
const CHOSEN = new Set(['words', 'named']);

describe('what is known of Bedrock', () => {
  it.each(BODIES)('leaves nothing over but the words that somebody chose: %s', (_name, body, read) => {
    const { extraction: all, isRecognised } = read(body);
    expect(isRecognised).toBe(true);
    expect(restOf(all).filter((text) => !CHOSEN.has(text))).toEqual([]);
  });

  it.each(BODIES)('hides no word in any place: %s', (_name, body, read) => {
    expect(placesThatHide(body, read)).toEqual([]);
  });
});

describe('the name of a model or of a guardrail', () => {
  const rest = (modelId: string, guardrailIdentifier?: string) =>
    restOf(
      asRequest(
        {
          messages: [{ role: 'user', content: [{ text: 'words' }] }],
          modelId,
          guardrailConfig: { guardrailIdentifier },
        },
        converse,
        CONVERSE,
      ).extraction,
    );

  it.each([
    MODEL,
    'us.anthropic.claude-3-5-haiku-20241022-v1:0',
    'arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0',
    'arn:aws:bedrock:ap-southeast-2:123456789012:application-inference-profile/a1b2c3d4e5f6',
  ])('says nothing where Amazon gave it: %s', (name) => {
    expect(rest(name)).toEqual([]);
  });

  it.each([
    'arn:aws:bedrock:us-east-1:123456789012:inference-profile/ignore-me',
    'arn:aws:bedrock:us-hidden-words-1::foundation-model/amazon.nova-lite-v1:0',
    'arn:aws:bedrock:us-east-1:123456789012:provisioned-model/hunter2',
    'our-model',
  ])('is text where anybody could have: %s', (name) => {
    expect(rest(name)).toEqual([name]);
  });

  it.each(['guardrailone', '411111111111', 'hunter2'])('is text where it is none: %s', (name) => {
    expect(rest(MODEL, name)).toEqual([name]);
  });
});
