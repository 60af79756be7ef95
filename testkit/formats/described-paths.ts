/**
 * Paths of APIs that no official client here knows, from the providers' own descriptions of their APIs and from the routers of
 * servers. `x` stands for what varies. Paths that administrate a server are left out, and what an official client asks for,
 * which `endpoints.test.ts` finds in the client.
 */
interface DescribedPaths {
  /** Where they are written down. */
  source: string;
  paths: string;
}

export const DESCRIBED_PATHS: readonly DescribedPaths[] = [
  {
    source: 'https://github.com/openai/openai-openapi',
    paths: `
      /v1/audio/voices /v1/audio/voice_consents /v1/audio/voice_consents/x /v1/content_provenance_checks
      /v1/realtime /v1/realtime/calls /v1/realtime/translations/client_secrets
      /v1/responses/x/messages /v1/stored_completions /v1/stored_completions/x
    `,
  },
  {
    source: 'https://github.com/anthropics/anthropic-sdk-python',
    paths: `
      /v1/complete /v1/oauth/token
    `,
  },
  {
    source: 'https://github.com/mistralai/client-python',
    paths: `
      /models/chat/completions /providers/mistral/azure/ocr /v1/agents /v1/agents/completions /v1/agents/x
      /v1/agents/x/aliases /v1/agents/x/version /v1/agents/x/versions /v1/agents/x/versions/x /v1/audio/speech
      /v1/audio/transcriptions /v1/audio/voices /v1/audio/voices/x /v1/audio/voices/x/sample /v1/batch/jobs
      /v1/batch/jobs/x /v1/batch/jobs/x/cancel /v1/chat/classifications /v1/chat/completions /v1/chat/moderations
      /v1/classifications /v1/connectors /v1/connectors/x /v1/connectors/x/auth_url
      /v1/connectors/x/authentication_methods /v1/connectors/x/organization/activate
      /v1/connectors/x/organization/credentials /v1/connectors/x/organization/credentials/x
      /v1/connectors/x/organization/deactivate /v1/connectors/x/tools /v1/connectors/x/tools/x/call
      /v1/connectors/x/user/activate /v1/connectors/x/user/credentials /v1/connectors/x/user/credentials/x
      /v1/connectors/x/user/deactivate /v1/connectors/x/workspace/activate /v1/connectors/x/workspace/credentials
      /v1/connectors/x/workspace/credentials/x /v1/connectors/x/workspace/deactivate /v1/conversations
      /v1/conversations/x /v1/conversations/x/history /v1/conversations/x/messages /v1/conversations/x/restart
      /v1/embeddings /v1/files /v1/files/x /v1/files/x/content /v1/files/x/url /v1/fim/completions
      /v1/fine_tuning/jobs /v1/fine_tuning/jobs/x /v1/fine_tuning/jobs/x/cancel /v1/fine_tuning/jobs/x/start
      /v1/fine_tuning/models/x /v1/fine_tuning/models/x/archive /v1/libraries /v1/libraries/x
      /v1/libraries/x/documents /v1/libraries/x/documents/ingest-from-blob-storage
      /v1/libraries/x/documents/signed-upload-url /v1/libraries/x/documents/x
      /v1/libraries/x/documents/x/extracted-text-signed-url /v1/libraries/x/documents/x/reprocess
      /v1/libraries/x/documents/x/signed-url /v1/libraries/x/documents/x/status
      /v1/libraries/x/documents/x/text_content /v1/libraries/x/share /v1/models /v1/models/x /v1/moderations
      /v1/observability/campaigns /v1/observability/campaigns/x /v1/observability/campaigns/x/selected-events
      /v1/observability/campaigns/x/status /v1/observability/chat-completion-events/search
      /v1/observability/chat-completion-events/search-ids /v1/observability/chat-completion-events/x
      /v1/observability/chat-completion-events/x/live-judging
      /v1/observability/chat-completion-events/x/similar-events /v1/observability/chat-completion-fields
      /v1/observability/chat-completion-fields/x/options /v1/observability/chat-completion-fields/x/options-counts
      /v1/observability/dataset-records/bulk-delete /v1/observability/dataset-records/x
      /v1/observability/dataset-records/x/live-judging /v1/observability/dataset-records/x/payload
      /v1/observability/dataset-records/x/properties /v1/observability/datasets /v1/observability/datasets/x
      /v1/observability/datasets/x/exports/to-jsonl /v1/observability/datasets/x/imports/from-campaign
      /v1/observability/datasets/x/imports/from-dataset /v1/observability/datasets/x/imports/from-explorer
      /v1/observability/datasets/x/imports/from-file /v1/observability/datasets/x/imports/from-playground
      /v1/observability/datasets/x/records /v1/observability/datasets/x/tasks /v1/observability/datasets/x/tasks/x
      /v1/observability/judges /v1/observability/judges/x /v1/observability/judges/x/live-judging
      /v1/observability/logs/fields /v1/observability/logs/fields/x/options /v1/observability/logs/search
      /v1/observability/spans/evaluations/fields /v1/observability/spans/evaluations/fields/x/options
      /v1/observability/spans/evaluations/search /v1/observability/spans/evaluations/search/latest
      /v1/observability/spans/fields /v1/observability/spans/fields/x/options /v1/observability/spans/search
      /v1/observability/traces/fields /v1/observability/traces/fields/x/options /v1/observability/traces/search
      /v1/observability/traces/x /v1/observability/traces/x/spans /v1/observability/traces/x/spans/x /v1/ocr
      /v1/rag/indexes /v1/rag/indexes/index/x /v1/rag/indexes/index/x/detail /v1/rag/indexes/index/x/metrics
      /v1/rag/indexes/index/x/schemas/schema/x/detail /v1/rag/indexes/index/x/schemas/schema/x/file
      /v1/rag/indexes/index/x/schemas/schema/x/retrievables
      /v1/rag/indexes/index/x/schemas/schema/x/retrievables/retrievable/x
      /v1/rag/indexes/index/x/schemas/schema/x/summary_field /v1/rag/indexes/index/x/summary_field
      /v1/rag/indexes/summary /v1/rag/ingestion_pipeline_configurations
      /v1/rag/ingestion_pipeline_configurations/x/run_info /v1/workflows /v1/workflows/archive
      /v1/workflows/deployments /v1/workflows/deployments/x /v1/workflows/deployments/x/logs
      /v1/workflows/deployments/x/logs/stream /v1/workflows/events/list /v1/workflows/events/stream
      /v1/workflows/executions/cancel /v1/workflows/executions/terminate /v1/workflows/executions/x
      /v1/workflows/executions/x/cancel /v1/workflows/executions/x/history /v1/workflows/executions/x/logs
      /v1/workflows/executions/x/logs/stream /v1/workflows/executions/x/queries /v1/workflows/executions/x/reset
      /v1/workflows/executions/x/signals /v1/workflows/executions/x/stream /v1/workflows/executions/x/terminate
      /v1/workflows/executions/x/trace/events /v1/workflows/executions/x/trace/info
      /v1/workflows/executions/x/trace/otel /v1/workflows/executions/x/trace/summary
      /v1/workflows/executions/x/updates /v1/workflows/registrations /v1/workflows/registrations/x
      /v1/workflows/registrations/x/execute /v1/workflows/runs /v1/workflows/runs/x /v1/workflows/runs/x/history
      /v1/workflows/schedules /v1/workflows/schedules/x /v1/workflows/schedules/x/pause
      /v1/workflows/schedules/x/resume /v1/workflows/schedules/x/trigger /v1/workflows/unarchive
      /v1/workflows/workers/whoami /v1/workflows/x /v1/workflows/x/archive /v1/workflows/x/execute
      /v1/workflows/x/metrics /v1/workflows/x/unarchive /v2/prompts /v2/prompts/x /v2/prompts/x/versions
      /v2/prompts/x/versions/x /v2/skills /v2/skills/x /v2/skills/x/versions /v2/skills/x/versions/x
    `,
  },
  {
    source: 'https://github.com/googleapis/google-cloud-node, google.ai.generativelanguage',
    paths: `
      /v1/dynamic/x:generateContent /v1/dynamic/x:streamGenerateContent /v1/models /v1/models/x
      /v1/models/x:batchEmbedContents /v1/models/x:countTokens /v1/models/x:embedContent
      /v1/models/x:generateContent /v1/models/x:streamGenerateContent /v1/tunedModels/x:generateContent
      /v1/tunedModels/x:streamGenerateContent /v1alpha/cachedContents /v1alpha/cachedContents/x /v1alpha/corpora
      /v1alpha/corpora/x /v1alpha/corpora/x/documents /v1alpha/corpora/x/documents/x
      /v1alpha/corpora/x/documents/x/chunks /v1alpha/corpora/x/documents/x/chunks/x
      /v1alpha/corpora/x/documents/x/chunks:batchCreate /v1alpha/corpora/x/documents/x/chunks:batchDelete
      /v1alpha/corpora/x/documents/x/chunks:batchUpdate /v1alpha/corpora/x/documents/x:query
      /v1alpha/corpora/x/permissions /v1alpha/corpora/x/permissions/x /v1alpha/corpora/x:query /v1alpha/files
      /v1alpha/files/x /v1alpha/models /v1alpha/models/x /v1alpha/models/x:batchEmbedContents
      /v1alpha/models/x:batchEmbedText /v1alpha/models/x:countMessageTokens /v1alpha/models/x:countTextTokens
      /v1alpha/models/x:countTokens /v1alpha/models/x:embedContent /v1alpha/models/x:embedText
      /v1alpha/models/x:generateAnswer /v1alpha/models/x:generateContent /v1alpha/models/x:generateMessage
      /v1alpha/models/x:generateText /v1alpha/models/x:predict /v1alpha/models/x:streamGenerateContent
      /v1alpha/tunedModels /v1alpha/tunedModels/x /v1alpha/tunedModels/x/permissions
      /v1alpha/tunedModels/x/permissions/x /v1alpha/tunedModels/x:generateContent
      /v1alpha/tunedModels/x:generateText /v1alpha/tunedModels/x:streamGenerateContent
      /v1alpha/tunedModels/x:transferOwnership /v1beta/cachedContents /v1beta/cachedContents/x /v1beta/corpora
      /v1beta/corpora/x /v1beta/corpora/x/documents /v1beta/corpora/x/documents/x
      /v1beta/corpora/x/documents/x/chunks /v1beta/corpora/x/documents/x/chunks/x
      /v1beta/corpora/x/documents/x/chunks:batchCreate /v1beta/corpora/x/documents/x/chunks:batchDelete
      /v1beta/corpora/x/documents/x/chunks:batchUpdate /v1beta/corpora/x/documents/x:query
      /v1beta/corpora/x/permissions /v1beta/corpora/x/permissions/x /v1beta/corpora/x:query
      /v1beta/dynamic/x:generateContent /v1beta/dynamic/x:streamGenerateContent /v1beta/files /v1beta/files/x
      /v1beta/files/x:download /v1beta/models /v1beta/models/x /v1beta/models/x:batchEmbedContents
      /v1beta/models/x:batchEmbedText /v1beta/models/x:countMessageTokens /v1beta/models/x:countTextTokens
      /v1beta/models/x:countTokens /v1beta/models/x:embedContent /v1beta/models/x:embedText
      /v1beta/models/x:generateAnswer /v1beta/models/x:generateContent /v1beta/models/x:generateMessage
      /v1beta/models/x:generateText /v1beta/models/x:predict /v1beta/models/x:predictLongRunning
      /v1beta/models/x:streamGenerateContent /v1beta/tunedModels /v1beta/tunedModels/x
      /v1beta/tunedModels/x/permissions /v1beta/tunedModels/x/permissions/x /v1beta/tunedModels/x:generateContent
      /v1beta/tunedModels/x:generateText /v1beta/tunedModels/x:streamGenerateContent
      /v1beta/tunedModels/x:transferOwnership /v1beta2/models /v1beta2/models/x
      /v1beta2/models/x:countMessageTokens /v1beta2/models/x:embedText /v1beta2/models/x:generateMessage
      /v1beta2/models/x:generateText /v1beta3/models /v1beta3/models/x /v1beta3/models/x:batchEmbedText
      /v1beta3/models/x:countMessageTokens /v1beta3/models/x:countTextTokens /v1beta3/models/x:embedText
      /v1beta3/models/x:generateMessage /v1beta3/models/x:generateText /v1beta3/tunedModels /v1beta3/tunedModels/x
      /v1beta3/tunedModels/x/permissions /v1beta3/tunedModels/x/permissions/x /v1beta3/tunedModels/x:generateText
      /v1beta3/tunedModels/x:transferOwnership
    `,
  },
  {
    source: 'https://github.com/googleapis/google-cloud-node, google.cloud.aiplatform',
    paths: `
      /v1/datasets /v1/datasets/x /v1/datasets/x/datasetVersions /v1/datasets/x/datasetVersions/x
      /v1/datasets/x/datasetVersions/x:restore /v1/endpoints/x:computeTokens /v1/endpoints/x:countTokens
      /v1/endpoints/x:generateContent /v1/endpoints/x:streamGenerateContent
      /v1/projects/x/locations/x/batchPredictionJobs /v1/projects/x/locations/x/batchPredictionJobs/x:cancel
      /v1/projects/x/locations/x/cachedContents
      /v1/projects/x/locations/x/deploymentResourcePools/x:queryDeployedModels
      /v1/projects/x/locations/x/endpoints/x:computeTokens /v1/projects/x/locations/x/endpoints/x:countTokens
      /v1/projects/x/locations/x/endpoints/x:directPredict /v1/projects/x/locations/x/endpoints/x:directRawPredict
      /v1/projects/x/locations/x/endpoints/x:generateContent /v1/projects/x/locations/x/endpoints/x:predict
      /v1/projects/x/locations/x/endpoints/x:rawPredict
      /v1/projects/x/locations/x/endpoints/x:serverStreamingPredict
      /v1/projects/x/locations/x/endpoints/x:streamGenerateContent
      /v1/projects/x/locations/x/endpoints/x:streamRawPredict
      /v1/projects/x/locations/x/featureOnlineStores/x/featureViews/x:generateFetchAccessToken
      /v1/projects/x/locations/x/featurestores/x/entityTypes/x:streamingReadFeatureValues
      /v1/projects/x/locations/x/hyperparameterTuningJobs
      /v1/projects/x/locations/x/metadataStores/x/artifacts/x:queryArtifactLineageSubgraph
      /v1/projects/x/locations/x/metadataStores/x/contexts/x:queryContextLineageSubgraph
      /v1/projects/x/locations/x/metadataStores/x/executions/x:queryExecutionInputsAndOutputs
      /v1/projects/x/locations/x/models/x/evaluations/x/slices/x:batchImport
      /v1/projects/x/locations/x/models/x/evaluations/x/slices:batchImport
      /v1/projects/x/locations/x/models/x/evaluations:import
      /v1/projects/x/locations/x/publishers/x/models/x:embedContent /v1/projects/x/locations/x/ragCorpora
      /v1/projects/x/locations/x/ragCorpora/x/ragFiles:import
      /v1/projects/x/locations/x/ragCorpora/x/ragFiles:upload /v1/projects/x/locations/x/ragEngineConfig
      /v1/projects/x/locations/x/reasoningEngines
      /v1/projects/x/locations/x/reasoningEngines/x/sessions/x:appendEvent
      /v1/projects/x/locations/x/reasoningEngines/x:asyncQuery
      /v1/projects/x/locations/x/reasoningEngines/x:cancelAsyncQuery
      /v1/projects/x/locations/x/reasoningEngines/x:query
      /v1/projects/x/locations/x/reasoningEngines/x:streamQuery /v1/projects/x/locations/x/tuningJobs
      /v1/projects/x/locations/x/tuningJobs:rebaseTunedModel /v1/projects/x/locations/x:askContexts
      /v1/projects/x/locations/x:asyncRetrieveContexts /v1/projects/x/locations/x:augmentPrompt
      /v1/projects/x/locations/x:corroborateContent /v1/projects/x/locations/x:deploy
      /v1/projects/x/locations/x:evaluateInstances /v1/projects/x/locations/x:generateSyntheticData
      /v1/projects/x/locations/x:retrieveContexts /v1/publishers/x/models/x
      /v1/publishers/x/models/x:computeTokens /v1/publishers/x/models/x:countTokens
      /v1/publishers/x/models/x:generateContent /v1/publishers/x/models/x:streamGenerateContent
      /v1/reasoningEngines/x:asyncQuery /v1/reasoningEngines/x:cancelAsyncQuery /v1beta1/datasets
      /v1beta1/datasets/x /v1beta1/datasets/x/datasetVersions /v1beta1/datasets/x/datasetVersions/x
      /v1beta1/datasets/x/datasetVersions/x:restore /v1beta1/endpoints/x:computeTokens
      /v1beta1/endpoints/x:countTokens /v1beta1/endpoints/x:generateContent
      /v1beta1/endpoints/x:streamGenerateContent /v1beta1/projects/x/locations/x/exampleStores
      /v1beta1/projects/x/locations/x/exampleStores/x:fetchExamples
      /v1beta1/projects/x/locations/x/exampleStores/x:removeExamples
      /v1beta1/projects/x/locations/x/exampleStores/x:searchExamples
      /v1beta1/projects/x/locations/x/exampleStores/x:upsertExamples
      /v1beta1/projects/x/locations/x/exampleStores:create /v1beta1/projects/x/locations/x/extensions
      /v1beta1/projects/x/locations/x/extensions/x:execute /v1beta1/projects/x/locations/x/extensions:import
      /v1beta1/projects/x/locations/x/featureOnlineStores/x/featureViews/x:streamingFetchFeatureValues
      /v1beta1/projects/x/locations/x/onlineEvaluators /v1beta1/projects/x/locations/x/onlineEvaluators/x:activate
      /v1beta1/projects/x/locations/x/onlineEvaluators/x:suspend
      /v1beta1/projects/x/locations/x/publishers/x/models/x:fetchPublisherModelConfig
      /v1beta1/projects/x/locations/x/publishers/x/models/x:setPublisherModelConfig
      /v1beta1/projects/x/locations/x/ragCorpora/x/ragDataSchemas:batchCreate
      /v1beta1/projects/x/locations/x/ragCorpora/x/ragDataSchemas:batchDelete
      /v1beta1/projects/x/locations/x/ragCorpora/x/ragFiles/x/ragMetadata:batchCreate
      /v1beta1/projects/x/locations/x/ragCorpora/x/ragFiles/x/ragMetadata:batchDelete
      /v1beta1/projects/x/locations/x/reasoningEngines/x/memories:generate
      /v1beta1/projects/x/locations/x/reasoningEngines/x/memories:retrieve
      /v1beta1/projects/x/locations/x:askContexts /v1beta1/projects/x/locations/x:asyncRetrieveContexts
      /v1beta1/projects/x/locations/x:augmentPrompt /v1beta1/projects/x/locations/x:corroborateContent
      /v1beta1/projects/x/locations/x:deploy /v1beta1/projects/x/locations/x:deployPublisherModel
      /v1beta1/projects/x/locations/x:evaluateDataset /v1beta1/projects/x/locations/x:evaluateInstances
      /v1beta1/projects/x/locations/x:generateInstanceRubrics /v1beta1/projects/x/locations/x:recommendSpec
      /v1beta1/projects/x/locations/x:retrieveContexts /v1beta1/projects/x/modelGardenEula:accept
      /v1beta1/projects/x/modelGardenEula:check /v1beta1/publishers/x/models /v1beta1/publishers/x/models/x
      /v1beta1/publishers/x/models/x:computeTokens /v1beta1/publishers/x/models/x:countTokens
      /v1beta1/publishers/x/models/x:generateContent /v1beta1/publishers/x/models/x:streamGenerateContent
      /v1beta1/reasoningEngines /v1beta1/reasoningEngines/x /v1beta1/reasoningEngines/x/memories
      /v1beta1/reasoningEngines/x/memories/x /v1beta1/reasoningEngines/x/memories:generate
      /v1beta1/reasoningEngines/x/memories:retrieve /v1beta1/reasoningEngines/x/sessions
      /v1beta1/reasoningEngines/x/sessions/x /v1beta1/reasoningEngines/x/sessions/x/events
      /v1beta1/reasoningEngines/x/sessions/x:appendEvent /v1beta1/reasoningEngines/x:asyncQuery
      /v1beta1/reasoningEngines/x:cancelAsyncQuery /v1beta1/reasoningEngines/x:query
      /v1beta1/reasoningEngines/x:streamQuery /v1beta1:evaluateDataset /v1beta1:evaluateInstances
      /v1beta1:generateInstanceRubrics
    `,
  },
  {
    source: 'https://github.com/boto/botocore, bedrock-agent',
    paths: `
      /agents /agents/x /agents/x/agentaliases /agents/x/agentaliases/x /agents/x/agentversions
      /agents/x/agentversions/x /agents/x/agentversions/x/actiongroups /agents/x/agentversions/x/actiongroups/x
      /agents/x/agentversions/x/agentcollaborators /agents/x/agentversions/x/agentcollaborators/x
      /agents/x/agentversions/x/knowledgebases /agents/x/agentversions/x/knowledgebases/x /flows
      /flows/validate-definition /flows/x /flows/x/aliases /flows/x/aliases/x /flows/x/versions
      /flows/x/versions/x /knowledgebases /knowledgebases/x /knowledgebases/x/datasources
      /knowledgebases/x/datasources/x /knowledgebases/x/datasources/x/documents
      /knowledgebases/x/datasources/x/documents/deleteDocuments
      /knowledgebases/x/datasources/x/documents/getDocuments /knowledgebases/x/datasources/x/ingestionjobs
      /knowledgebases/x/datasources/x/ingestionjobs/x /knowledgebases/x/datasources/x/ingestionjobs/x/stop
      /prompts /prompts/x /prompts/x/versions /resourcepolicy/x /tags/x
    `,
  },
  {
    source: 'https://github.com/boto/botocore, bedrock',
    paths: `
      /advanced-prompt-optimization-job/batch-delete /advanced-prompt-optimization-jobs
      /advanced-prompt-optimization-jobs/x /advanced-prompt-optimization-jobs/x/stop /automated-reasoning-policies
      /automated-reasoning-policies/x /automated-reasoning-policies/x/build-workflows
      /automated-reasoning-policies/x/build-workflows/x
      /automated-reasoning-policies/x/build-workflows/x/annotations
      /automated-reasoning-policies/x/build-workflows/x/cancel
      /automated-reasoning-policies/x/build-workflows/x/result-assets
      /automated-reasoning-policies/x/build-workflows/x/scenarios
      /automated-reasoning-policies/x/build-workflows/x/start
      /automated-reasoning-policies/x/build-workflows/x/test-cases/x/test-results
      /automated-reasoning-policies/x/build-workflows/x/test-results
      /automated-reasoning-policies/x/build-workflows/x/test-workflows /automated-reasoning-policies/x/export
      /automated-reasoning-policies/x/test-cases /automated-reasoning-policies/x/test-cases/x
      /automated-reasoning-policies/x/versions /create-foundation-model-agreement /custom-models
      /custom-models/create-custom-model /custom-models/x /data-retention /delete-foundation-model-agreement
      /enforcedGuardrailsConfiguration /enforcedGuardrailsConfiguration/x /evaluation-job/x/stop /evaluation-jobs
      /evaluation-jobs/batch-delete /evaluation-jobs/x /foundation-model-availability/x /foundation-models
      /foundation-models/x /guardrails /guardrails/x /imported-models /imported-models/x /inference-profiles
      /inference-profiles/x /list-foundation-model-agreement-offers/x /listTagsForResource
      /logging/modelinvocations /marketplace-model/endpoints /marketplace-model/endpoints/x
      /marketplace-model/endpoints/x/registration /model-copy-jobs /model-copy-jobs/x /model-customization-jobs
      /model-customization-jobs/x /model-customization-jobs/x/stop /model-customization/custom-model-deployments
      /model-customization/custom-model-deployments/x /model-import-jobs /model-import-jobs/x
      /model-invocation-job /model-invocation-job/x /model-invocation-job/x/stop /model-invocation-jobs
      /prompt-routers /prompt-routers/x /provisioned-model-throughput /provisioned-model-throughput/x
      /provisioned-model-throughputs /resource-policy /resource-policy/x /tagResource /untagResource
      /use-case-for-model-access
    `,
  },
  {
    source: 'https://github.com/boto/botocore, bedrock-agentcore',
    paths: `
      /runtimes/x/invocations /runtimes/x/commands /harnesses/invoke /code-interpreters/x/tools/invoke
      /code-interpreters/x/sessions/start /browsers/x/sessions/start /memories/x/actor/x/sessions/x
      /memories/x/actors /memories/x/events /memories/x/memoryRecord/x /memories/x/memoryRecords
      /memories/x/memoryRecords/batchCreate /memories/x/retrieve /evaluations/evaluate/x
      /evaluations/batch-evaluate /recommendations /recommendations/x /registry-records/search
    `,
  },
  {
    source: 'https://github.com/Azure/azure-rest-api-specs, cognitiveservices/data-plane/AzureOpenAI',
    paths: `
      /openai/deployments /openai/deployments/x /openai/deployments/x/completions
      /openai/deployments/x/chat/completions /openai/deployments/x/extensions/chat/completions
      /openai/deployments/x/embeddings /openai/deployments/x/images/generations /openai/deployments/x/images/edits
      /openai/deployments/x/audio/transcriptions /openai/deployments/x/audio/translations
      /openai/deployments/x/audio/speech /openai/images/generations:submit /openai/operations/images/x
      /openai/files/import /openai/files/x/content /openai/fine-tunes /openai/fine-tunes/x/events
      /openai/fine_tuning/jobs/x/checkpoints/x/copy /openai/batches/x/cancel /openai/ingestion/jobs/x/runs/x
      /openai/v1/video/generations/jobs/x /openai/v1/video/generations/x/content/video /openai/realtime
      /openai/realtimeapi/sessions /openai/responses/x/input_items /openai/evals/x/runs/x/output_items
    `,
  },
  {
    source: 'https://www.npmjs.com/package/@azure/ai-projects and @azure/ai-agents',
    paths: `
      /api/projects/p/agent_insight_monitors /api/projects/p/agent_insight_monitors/x
      /api/projects/p/agent_insight_monitors/x/insights /api/projects/p/agent_insight_monitors/x/insights/x
      /api/projects/p/agent_insight_monitors/x/runs /api/projects/p/agent_insight_monitors/x/runs/x
      /api/projects/p/agent_insight_monitors/x/runs/x:cancel /api/projects/p/agent_insight_monitors/x:reset
      /api/projects/p/agent_optimization_jobs /api/projects/p/agent_optimization_jobs/x
      /api/projects/p/agent_optimization_jobs/x/candidates /api/projects/p/agent_optimization_jobs/x/candidates/x
      /api/projects/p/agent_optimization_jobs/x/candidates/x:promote
      /api/projects/p/agent_optimization_jobs/x:cancel /api/projects/p/agent_optimization_jobs:estimate
      /api/projects/p/agents /api/projects/p/agents/x /api/projects/p/agents/x/code:download
      /api/projects/p/agents/x/endpoint/protocols/voice/conversations
      /api/projects/p/agents/x/endpoint/protocols/voice/conversations/x
      /api/projects/p/agents/x/endpoint/protocols/voice/conversations/x/audio
      /api/projects/p/agents/x/endpoint/protocols/voice/conversations/x/audio/content
      /api/projects/p/agents/x/endpoint/protocols/voice/conversations/x/items
      /api/projects/p/agents/x/endpoint/protocols/voice/conversations/x/items/x
      /api/projects/p/agents/x/endpoint/protocols/voice/conversations/x/items/x/audio
      /api/projects/p/agents/x/endpoint/protocols/voice/conversations/x/items/x/audio/content
      /api/projects/p/agents/x/endpoint/protocols/voice/conversations/x/items/x/audio/generated
      /api/projects/p/agents/x/endpoint/protocols/voice/conversations/x/items/x/audio/generated/content
      /api/projects/p/agents/x/endpoint/protocols/voice/conversations/x/responses
      /api/projects/p/agents/x/endpoint/protocols/voice/conversations/x/responses/x
      /api/projects/p/agents/x/endpoint/protocols/voice/conversations/x/responses/x/items
      /api/projects/p/agents/x/endpoint/sessions /api/projects/p/agents/x/endpoint/sessions/x
      /api/projects/p/agents/x/endpoint/sessions/x/files
      /api/projects/p/agents/x/endpoint/sessions/x/files/content /api/projects/p/agents/x/endpoint/sessions/x:stop
      /api/projects/p/agents/x/import /api/projects/p/agents/x/microsoft365/publish
      /api/projects/p/agents/x/microsoft365/publishdefaults /api/projects/p/agents/x/microsoft365/zip
      /api/projects/p/agents/x/telephony/bindings /api/projects/p/agents/x/telephony/bindings/x
      /api/projects/p/agents/x/telephony/call_jobs /api/projects/p/agents/x/telephony/call_jobs/x
      /api/projects/p/agents/x/telephony/call_jobs/x:cancel /api/projects/p/agents/x/telephony/calls
      /api/projects/p/agents/x/telephony/calls/x /api/projects/p/agents/x/telephony/calls/x:end
      /api/projects/p/agents/x/telephony/calls/x:transfer /api/projects/p/agents/x/telephony/transfer_targets
      /api/projects/p/agents/x/versions /api/projects/p/agents/x/versions/x
      /api/projects/p/agents/x/versions/x/sessions/x:logstream /api/projects/p/agents/x/versions:import
      /api/projects/p/agents/x:disable /api/projects/p/agents/x:enable /api/projects/p/agents:generate
      /api/projects/p/agents:import /api/projects/p/assistants /api/projects/p/assistants/x /api/projects/p/audio
      /api/projects/p/connections /api/projects/p/connections/x
      /api/projects/p/connections/x/getConnectionWithCredentials /api/projects/p/data_generation_jobs
      /api/projects/p/data_generation_jobs/x /api/projects/p/data_generation_jobs/x:cancel
      /api/projects/p/datasets /api/projects/p/datasets/x/versions /api/projects/p/datasets/x/versions/x
      /api/projects/p/datasets/x/versions/x/credentials /api/projects/p/datasets/x/versions/x/startPendingUpload
      /api/projects/p/deployments /api/projects/p/deployments/x /api/projects/p/evaluationrules
      /api/projects/p/evaluationrules/x /api/projects/p/evaluationtaxonomies
      /api/projects/p/evaluationtaxonomies/x /api/projects/p/evaluator_generation_jobs
      /api/projects/p/evaluator_generation_jobs/x /api/projects/p/evaluator_generation_jobs/x:cancel
      /api/projects/p/evaluators /api/projects/p/evaluators/x/versions /api/projects/p/evaluators/x/versions/x
      /api/projects/p/evaluators/x/versions/x/credentials
      /api/projects/p/evaluators/x/versions/x/startPendingUpload /api/projects/p/files /api/projects/p/files/x
      /api/projects/p/files/x/content /api/projects/p/indexes /api/projects/p/indexes/x/versions
      /api/projects/p/indexes/x/versions/x /api/projects/p/insights /api/projects/p/insights/x
      /api/projects/p/items/x/audio /api/projects/p/items/x/audio/content /api/projects/p/memory_stores
      /api/projects/p/memory_stores/x /api/projects/p/memory_stores/x/items
      /api/projects/p/memory_stores/x/items/x /api/projects/p/memory_stores/x/items:list
      /api/projects/p/memory_stores/x/updates/x /api/projects/p/memory_stores/x:delete_scope
      /api/projects/p/memory_stores/x:search_memories /api/projects/p/memory_stores/x:update_memories
      /api/projects/p/models /api/projects/p/models/x/versions /api/projects/p/models/x/versions/x
      /api/projects/p/models/x/versions/x/createAsync /api/projects/p/models/x/versions/x/credentials
      /api/projects/p/models/x/versions/x/startPendingUpload /api/projects/p/redTeams/runs
      /api/projects/p/redTeams/runs/x /api/projects/p/redTeams/runs:run /api/projects/p/routines
      /api/projects/p/routines/x /api/projects/p/routines/x/runs /api/projects/p/routines/x:disable
      /api/projects/p/routines/x:dispatch_async /api/projects/p/routines/x:enable /api/projects/p/schedules
      /api/projects/p/schedules/x /api/projects/p/schedules/x/runs /api/projects/p/schedules/x/runs/x
      /api/projects/p/skills /api/projects/p/skills/x /api/projects/p/skills/x/content
      /api/projects/p/skills/x/versions /api/projects/p/skills/x/versions/x
      /api/projects/p/skills/x/versions/x/content /api/projects/p/threads /api/projects/p/threads/runs
      /api/projects/p/threads/x /api/projects/p/threads/x/messages /api/projects/p/threads/x/messages/x
      /api/projects/p/threads/x/runs /api/projects/p/threads/x/runs/x /api/projects/p/threads/x/runs/x/cancel
      /api/projects/p/threads/x/runs/x/steps /api/projects/p/threads/x/runs/x/steps/x
      /api/projects/p/threads/x/runs/x/submit_tool_outputs /api/projects/p/toolboxes /api/projects/p/toolboxes/x
      /api/projects/p/toolboxes/x/versions /api/projects/p/toolboxes/x/versions/x
      /api/projects/p/toolboxes/x:invoke_mcp /api/projects/p/vector_stores /api/projects/p/vector_stores/x
      /api/projects/p/vector_stores/x/file_batches /api/projects/p/vector_stores/x/file_batches/x
      /api/projects/p/vector_stores/x/file_batches/x/cancel /api/projects/p/vector_stores/x/file_batches/x/files
      /api/projects/p/vector_stores/x/files /api/projects/p/vector_stores/x/files/x
    `,
  },
  {
    source: 'https://github.com/vllm-project/vllm, vllm/entrypoints and docs/serving/online_serving',
    paths: `
      /v1/chat/completions /v1/chat/completions/batch /v1/chat/completions/render /v1/chat/completions/derender
      /v1/completions /v1/completions/render /v1/completions/derender /v1/responses /v1/responses/x
      /v1/responses/x/cancel /v1/messages /v1/messages/count_tokens /v1/embeddings /v2/embed /rerank /v1/rerank
      /v2/rerank /score /v1/score /classify /pooling /generative_scoring /v1/systemone /invocations /tokenize
      /detokenize /tokenizer_info /v1/audio/transcriptions /v1/audio/translations /v1/realtime /cohere/v2/chat
      /cohere/v2/chat/render /inference/v1/generate /inference/v1/abort_requests /abort_requests /generate
      /v1/models /health /ping /version /load /server_info
    `,
  },
  {
    source: 'https://github.com/sgl-project/sglang, python/sglang/srt/entrypoints/http_server.py',
    paths: `
      /generate /generate_from_file /encode /classify /v1/completions /v1/chat/completions /v1/embeddings
      /v1/classify /tokenize /v1/tokenize /detokenize /v1/detokenize /v1/score /v1/rerank /v1/responses
      /v1/responses/x /v1/responses/x/cancel /v1/messages /v1/messages/count_tokens /v1/audio/transcriptions
      /v1/realtime /invocations /vertex_generate /parse_function_call /separate_reasoning /open_session
      /close_session /abort_request /api/chat /api/generate /api/tags /api/show /v1/models /v1/models/x /health
      /health_generate /ping /model_info /get_model_info /server_info /get_server_info /get_load /v1/loads
      /get_weight_version
    `,
  },
  {
    source: 'https://github.com/ggml-org/llama.cpp, tools/server/server.cpp',
    paths: `
      /completion /completions /v1/completions /chat/completions /v1/chat/completions
      /v1/chat/completions/control /responses /v1/responses /audio/transcriptions /v1/audio/transcriptions
      /v1/messages /v1/messages/count_tokens /infill /embedding /embeddings /v1/embeddings /rerank /reranking
      /v1/rerank /v1/reranking /tokenize /detokenize /apply-template /chat/completions/input_tokens
      /v1/chat/completions/input_tokens /responses/input_tokens /v1/responses/input_tokens /lora-adapters /slots
      /slots/x /v1/stream/x /v1/streams /models /models/load /models/unload /models/sse /v1/models /props
      /health /v1/health
    `,
  },
  {
    source: 'https://github.com/ollama/ollama, server/routes.go',
    paths: `
      /api/chat /api/generate /api/embed /api/embeddings /api/create /api/pull /api/push /api/copy /api/delete
      /api/show /api/tags /api/ps /api/version /api/status /api/me /api/signout
      /api/experimental/web_search /api/experimental/web_fetch /api/experimental/model-recommendations
      /v1/chat/completions /v1/completions /v1/embeddings /v1/responses /v1/audio/transcriptions /v1/messages
      /v1/models /v1/models/x
    `,
  },
  {
    source: 'https://github.com/huggingface/text-generation-inference, router/src/server.rs',
    paths: `
      /generate /generate_stream /v1/chat/completions /v1/completions /chat_tokenize /tokenize /invocations
      /vertex /v1/models /info /health /ping /v2 /v2/health/live /v2/health/ready /v2/models/x/versions/x
      /v2/models/x/versions/x/ready /v2/models/x/infer /v2/models/x/versions/x/infer
    `,
  },
  {
    source: 'https://github.com/huggingface/text-embeddings-inference, router/src/http/server.rs',
    paths: `
      /embed /embed_all /embed_sparse /predict /similarity /decode /rerank /tokenize /embeddings /v1/embeddings
      /invocations /vertex /info /health /ping
    `,
  },
];
