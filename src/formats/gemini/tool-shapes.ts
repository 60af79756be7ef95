/** What of the tools that Gemini is offered, and of how they are chosen, is no text. */
import { JSON_SCHEMA } from '../json-schema-shape.ts';
import { message } from '../proto-json.ts';
import { all, duration, known, mapOf, modelName, oneOf, time } from '../shape.ts';
import { languageCode } from './content-shapes.ts';

const functionDeclaration = message({
  ...all('name description', known),
  ...all('parameters parametersJsonSchema response responseJsonSchema', JSON_SCHEMA),
  behavior: oneOf('UNSPECIFIED', 'BLOCKING', 'NON_BLOCKING'),
});

const authConfig = message({
  apiKey: known,
  authType: oneOf(
    ...['AUTH_TYPE_UNSPECIFIED', 'NO_AUTH', 'API_KEY_AUTH', 'HTTP_BASIC_AUTH', 'GOOGLE_SERVICE_ACCOUNT_AUTH'],
    ...['OAUTH', 'OIDC_AUTH'],
  ),
  apiKeyConfig: message({
    ...all('name apiKeySecret apiKeySecretVersion apiKeyString', known),
    httpElementLocation: oneOf(
      ...[
        'HTTP_IN_UNSPECIFIED',
        'HTTP_IN_QUERY',
        'HTTP_IN_HEADER',
        'HTTP_IN_PATH',
        'HTTP_IN_BODY',
        'HTTP_IN_COOKIE',
      ],
    ),
  }),
  googleServiceAccountConfig: message({ serviceAccount: known }),
  httpBasicAuthConfig: message({ credentialSecret: known }),
  oauthConfig: message(all('accessToken serviceAccount', known)),
  oidcConfig: message(all('idToken serviceAccount', known)),
});

const ranker = message({ modelName });

const vertexRagStore = message({
  ...all('ragCorpora storeContext vectorDistanceThreshold', known),
  similarityTopK: known,
  ragResources: message(all('ragCorpus ragFileIds', known)),
  ragRetrievalConfig: message({
    topK: known,
    filter: message(all('metadataFilter vectorDistanceThreshold vectorSimilarityThreshold', known)),
    hybridSearch: message({ alpha: known }),
    ranking: message({ llmRanker: ranker, rankService: ranker }),
  }),
});

const retrieval = message({
  disableAttribution: known,
  vertexRagStore,
  vertexAiSearch: message({
    ...all('datastore engine filter', known),
    maxResults: known,
    dataStoreSpecs: message(all('dataStore filter', known)),
  }),
  externalApi: message({
    apiAuth: message({ apiKeyConfig: message(all('apiKeySecretVersion apiKeyString', known)) }),
    apiSpec: oneOf('API_SPEC_UNSPECIFIED', 'SIMPLE_SEARCH', 'ELASTIC_SEARCH'),
    authConfig,
    endpoint: known,
    elasticSearchParams: message({ ...all('index searchTemplate', known), numHits: known }),
    simpleSearchParams: message({}),
  }),
});

const blockingConfidence = oneOf(
  ...['PHISH_BLOCK_THRESHOLD_UNSPECIFIED', 'BLOCK_LOW_AND_ABOVE', 'BLOCK_MEDIUM_AND_ABOVE'],
  ...[
    'BLOCK_HIGH_AND_ABOVE',
    'BLOCK_HIGHER_AND_ABOVE',
    'BLOCK_VERY_HIGH_AND_ABOVE',
    'BLOCK_ONLY_EXTREMELY_HIGH',
  ],
);

const nothing = message({});

const computerUse = message({
  enablePromptInjectionDetection: known,
  environment: oneOf(
    'ENVIRONMENT_UNSPECIFIED',
    'ENVIRONMENT_BROWSER',
    'ENVIRONMENT_MOBILE',
    'ENVIRONMENT_DESKTOP',
  ),
  excludedPredefinedFunctions: oneOf(
    ...['open_web_browser', 'wait_5_seconds', 'go_back', 'go_forward', 'search', 'navigate', 'click_at'],
    ...['hover_at', 'type_text_at', 'key_combination', 'scroll_document', 'scroll_at', 'drag_and_drop'],
  ),
  disabledSafetyPolicies: oneOf(
    ...[
      'SAFETY_POLICY_UNSPECIFIED',
      'FINANCIAL_TRANSACTIONS',
      'SENSITIVE_DATA_MODIFICATION',
      'COMMUNICATION_TOOL',
    ],
    ...['ACCOUNT_CREATION', 'DATA_MODIFICATION', 'USER_CONSENT_MANAGEMENT', 'LEGAL_TERMS_AND_AGREEMENTS'],
  ),
});

const foreignSearch = message(all('apiKey customConfigs enableDataRetention enableZeroDataRetention', known));

export const TOOL = message({
  functionDeclarations: functionDeclaration,
  googleSearch: message({
    excludeDomains: known,
    blockingConfidence,
    searchTypes: message({ webSearch: nothing, imageSearch: nothing }),
    timeRangeFilter: message(all('startTime endTime', time)),
  }),
  googleSearchRetrieval: message({
    dynamicRetrievalConfig: message({
      mode: oneOf('MODE_UNSPECIFIED', 'MODE_DYNAMIC'),
      dynamicThreshold: known,
    }),
  }),
  enterpriseWebSearch: message({ excludeDomains: known, blockingConfidence }),
  googleMaps: message({
    authConfig,
    enableWidget: known,
    groundingTypes: message({ places: nothing, routing: nothing }),
  }),
  ...all('urlContext codeExecution', nothing),
  computerUse,
  fileSearch: message({ ...all('fileSearchStoreNames metadataFilter', known), topK: known }),
  retrieval,
  mcpServers: message({
    name: known,
    streamableHttpTransport: message({
      url: known,
      headers: mapOf(known),
      ...all('timeout sseReadTimeout', duration),
      terminateOnClose: known,
    }),
  }),
  ...all('exaAiSearch parallelAiSearch', foreignSearch),
});

/** Google's guides write it in both cases. */
const MODES = ['MODE_UNSPECIFIED', 'AUTO', 'ANY', 'NONE', 'VALIDATED'];

export const TOOL_CONFIG = message({
  functionCallingConfig: message({
    mode: oneOf(...MODES, ...MODES.map((mode) => mode.toLowerCase())),
    ...all('allowedFunctionNames streamFunctionCallArguments', known),
  }),
  retrievalConfig: message({ languageCode, latLng: message(all('latitude longitude', known)) }),
  includeServerSideToolInvocations: known,
});
