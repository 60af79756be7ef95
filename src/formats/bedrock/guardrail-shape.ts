/**
 * What of a guardrail's trace is no text: what it looked for, and what it did. What it found, it quotes.
 *
 * @see https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_GuardrailAssessment.html
 */
import { count, eachOf, type Fields, known, mapOf, matching, object, oneOf, type Shape } from '../shape.ts';
import { arn, resourceId } from './names.ts';

const action = oneOf('BLOCKED', 'ANONYMIZED', 'NONE');

const found = (fields: Fields) => object({ action, detected: known, ...fields });

const strength = oneOf('NONE', 'LOW', 'MEDIUM', 'HIGH');

const PII = [
  ...['ADDRESS', 'AGE', 'AWS_ACCESS_KEY', 'AWS_SECRET_KEY', 'CA_HEALTH_NUMBER', 'CA_SOCIAL_INSURANCE_NUMBER'],
  ...['CREDIT_DEBIT_CARD_CVV', 'CREDIT_DEBIT_CARD_EXPIRY', 'CREDIT_DEBIT_CARD_NUMBER', 'DRIVER_ID', 'EMAIL'],
  ...['INTERNATIONAL_BANK_ACCOUNT_NUMBER', 'IP_ADDRESS', 'LICENSE_PLATE', 'MAC_ADDRESS', 'NAME', 'PASSWORD'],
  ...['PHONE', 'PIN', 'SWIFT_CODE', 'UK_NATIONAL_HEALTH_SERVICE_NUMBER', 'UK_NATIONAL_INSURANCE_NUMBER'],
  ...['UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER', 'URL', 'USERNAME', 'US_BANK_ACCOUNT_NUMBER'],
  ...['US_BANK_ROUTING_NUMBER', 'US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER', 'US_PASSPORT_NUMBER'],
  ...['US_SOCIAL_SECURITY_NUMBER', 'VEHICLE_IDENTIFICATION_NUMBER'],
];

const statement = object({ logic: known, naturalLanguage: known });

const translation = object({
  premises: statement,
  claims: statement,
  untranslatedPremises: object({ text: known }),
  untranslatedClaims: object({ text: known }),
  confidence: count,
});

const scenario = object({ statements: statement });

const rule = object({ identifier: known, policyVersionArn: arn });

const finding = object({
  translation,
  contradictingRules: rule,
  supportingRules: rule,
  claimsTrueScenario: scenario,
  claimsFalseScenario: scenario,
  differenceScenarios: scenario,
  options: object({ translations: translation }),
  logicWarning: object({
    type: oneOf('ALWAYS_FALSE', 'ALWAYS_TRUE'),
    premises: statement,
    claims: statement,
  }),
});

const FINDINGS = [
  'valid',
  'invalid',
  'satisfiable',
  'impossible',
  'translationAmbiguous',
  'tooComplex',
  'noTranslations',
];

const coverage = object({ guarded: count, total: count });

const UNITS = [
  ...['topicPolicyUnits', 'contentPolicyUnits', 'wordPolicyUnits', 'sensitiveInformationPolicyUnits'],
  ...['sensitiveInformationPolicyFreeUnits', 'contextualGroundingPolicyUnits', 'contentPolicyImageUnits'],
  ...['automatedReasoningPolicyUnits', 'automatedReasoningPolicies'],
];

const assessment = object({
  topicPolicy: object({ topics: found({ name: known, type: oneOf('DENY') }) }),
  contentPolicy: object({
    filters: found({
      type: oneOf('INSULTS', 'HATE', 'SEXUAL', 'VIOLENCE', 'MISCONDUCT', 'PROMPT_ATTACK'),
      confidence: strength,
      filterStrength: strength,
    }),
  }),
  wordPolicy: object({
    customWords: found({ match: known }),
    managedWordLists: found({ match: known, type: oneOf('PROFANITY') }),
  }),
  sensitiveInformationPolicy: object({
    piiEntities: found({ match: known, type: oneOf(...PII) }),
    regexes: found({ name: known, match: known, regex: known }),
  }),
  contextualGroundingPolicy: object({
    filters: found({ type: oneOf('GROUNDING', 'RELEVANCE'), threshold: count, score: count }),
  }),
  automatedReasoningPolicy: object({
    findings: object(eachOf(FINDINGS, finding)),
  }),
  invocationMetrics: object({
    guardrailProcessingLatency: count,
    usage: object(eachOf(UNITS, count)),
    guardrailCoverage: object({ textCharacters: coverage, images: coverage }),
  }),
  appliedGuardrailDetails: object({
    guardrailId: resourceId,
    guardrailVersion: matching(/^(?:DRAFT|[1-9]\d{0,3})$/),
    guardrailArn: arn,
    guardrailOrigin: oneOf('REQUEST', 'ACCOUNT_ENFORCED', 'ORGANIZATION_ENFORCED'),
    guardrailOwnership: oneOf('SELF', 'CROSS_ACCOUNT'),
  }),
});

/** Assessments by the id of their guardrail. */
const assessments = mapOf(assessment);

/** InvokeModel has other names for the two sides than Converse. */
export const guardrailTrace: Shape = object({
  modelOutput: known,
  inputAssessment: assessments,
  outputAssessments: assessments,
  input: assessments,
  outputs: assessments,
  actionReason: matching(/^(?:(?:No action|Guardrail (?:blocked|masked))\.\n?){1,8}$/),
});
