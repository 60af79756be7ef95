/**
 * What of OpenAI's stored objects, pictures and jobs is no text: ids, times, counts and the API's own words. One shape for
 * all of them: they hold each other, and share their keys.
 *
 * @see https://platform.openai.com/docs/api-reference
 */
import { RESOURCE } from '../common-shapes.ts';
import { all, count, either, idOf, known, modelName, object, oneOf, type Shape, time } from '../shape.ts';

const ID = idOf(
  ...['asst_', 'thread_', 'msg_', 'run_', 'step_', 'call_', 'vs_', 'file-', 'file_', 'batch_', 'batch_req_'],
  ...['conv_', 'cntr_', 'cfile_', 'ftjob-', 'ftevent-', 'ftckpt_', 'eval_', 'evalrun_', 'outputitem_'],
  ...[
    'upload_',
    'part_',
    'video_',
    'skill_',
    'modr-',
    'resp_',
    'rs_',
    'fc_',
    'ws_',
    'ci_',
    'ig_',
    'vsfb_',
    'cp_',
  ],
);

const OBJECT = oneOf(
  ...['list', 'page', 'assistant', 'assistant.deleted', 'thread', 'thread.deleted', 'thread.message'],
  ...[
    'thread.message.delta',
    'thread.message.deleted',
    'thread.run',
    'thread.run.step',
    'thread.run.step.delta',
  ],
  ...['batch', 'file', 'upload', 'upload.part', 'vector_store', 'vector_store.deleted', 'vector_store.file'],
  ...['vector_store.file.deleted', 'vector_store.files_batch', 'vector_store.search_results.page'],
  ...[
    'vector_store.file_content.page',
    'conversation',
    'conversation.deleted',
    'container',
    'container.file',
  ],
  ...['container.deleted', 'container.file.deleted', 'fine_tuning.job', 'fine_tuning.job.event', 'eval'],
  ...['fine_tuning.job.checkpoint', 'checkpoint.permission', 'checkpoint.permission.deleted', 'eval.run'],
  ...[
    'eval.run.output_item',
    'eval.deleted',
    'eval.run.deleted',
    'bucket',
    'video',
    'video.deleted',
    'skill',
  ],
  ...['skill.deleted', 'skill.version', 'skill.version.deleted', 'model', 'chat.completion', 'response'],
  ...['chat.completion.deleted', 'moderation'],
);

const STATUS = oneOf(
  ...[
    'accepted',
    'active',
    'cancelled',
    'cancelling',
    'completed',
    'error',
    'expired',
    'failed',
    'finalizing',
  ],
  ...['generating', 'in_progress', 'incomplete', 'interpreting', 'paused', 'pending', 'processed', 'queued'],
  ...['requires_action', 'running', 'searching', 'succeeded', 'uploaded', 'validating', 'validating_files'],
);

const TYPE = oneOf(
  ...[
    'auto',
    'code_interpreter',
    'completions',
    'custom',
    'disabled',
    'file_citation',
    'file_path',
    'file_search',
  ],
  ...[
    'function',
    'image',
    'image_file',
    'image_url',
    'input_image',
    'input_text',
    'json_object',
    'json_schema',
  ],
  ...[
    'jsonl',
    'label_model',
    'last_messages',
    'logs',
    'message',
    'message_creation',
    'output_text',
    'reasoning',
  ],
  ...[
    'reasoning_text',
    'refusal',
    'responses',
    'static',
    'stored_completions',
    'string_check',
    'submit_tool_outputs',
  ],
  ...['summary_text', 'supervised', 'dpo', 'reinforcement', 'text', 'text_similarity', 'tool_calls', 'wandb'],
  ...['image_generation.partial_image', 'image_generation.completed', 'image_edit.partial_image'],
  ...['image_edit.completed', 'speech.audio.delta', 'speech.audio.done', 'other'],
);

/** Its categories: keys of the API. */
const MODERATION = [
  ...[
    'harassment',
    'harassment/threatening',
    'hate',
    'hate/threatening',
    'illicit',
    'illicit/violent',
    'sexual',
  ],
  ...[
    'self-harm',
    'self-harm/intent',
    'self-harm/instructions',
    'sexual/minors',
    'violence',
    'violence/graphic',
  ],
];

const ANY: Shape = object(() => ({
  ...all('object', OBJECT),
  ...all('status phase', STATUS),
  ...all('type', TYPE),
  ...all('role', oneOf('user', 'assistant', 'system', 'developer', 'tool')),
  ...all('model fine_tuned_model', either(modelName, ANY)),
  ...all('id', ID),
  ...all('item_id item_ids eval_id project_id organization_id run_id thread_id assistant_id upload_id', ID),
  ...all('conversation_id container_id vector_store_id skill_id response_id last_id first_id job_id', ID),
  ...all(
    'file_id file_ids file_id_list input_file_id output_file_id error_file_id part_ids tool_call_id',
    ID,
  ),
  ...all('vector_store_ids training_file validation_file result_files remixed_from_video_id call_id', ID),
  ...all(
    'created created_at updated_at started_at completed_at expired_at expires_at failed_at cancelled_at',
    time,
  ),
  ...all('cancelling_at finished_at finalizing_at in_progress_at incomplete_at last_active_at', time),
  ...all('output_expires_after estimated_finish last_used_at', time),
  ...all(
    'bytes usage_bytes size_bytes n n_epochs seed seconds score index start_index end_index step total',
    count,
  ),
  ...all('progress temperature top_p limit after_seconds trained_tokens total_tokens max_num_results', count),
  ...all('prompt_tokens input_tokens output_tokens completion_tokens cached_tokens file_size', count),
  ...all('max_completion_tokens max_prompt_tokens max_chunk_size_tokens chunk_overlap_tokens', count),
  ...all(
    'chunk_index partial_image_index sequence_number output_index content_index days step_number',
    count,
  ),
  ...all(
    'data item items content message messages delta error errors last_error metadata attributes text',
    ANY,
  ),
  ...all(
    'value annotations file_citation file_path quote image_file image_url attachments tools function',
    ANY,
  ),
  ...all(
    'tool_calls tool_choice tool_outputs tool_resources code_interpreter file_search outputs output logs',
    ANY,
  ),
  ...all(
    'step_details message_creation required_action submit_tool_outputs response_format json_schema',
    ANY,
  ),
  ...all('usage request_counts file_counts input_tokens_details output_tokens_details results result', ANY),
  ...all(
    'categories category_scores category_applied_input_types expires_after chunking_strategy static',
    ANY,
  ),
  ...all('ranking_options filters filter include thread additional_messages truncation_strategy', ANY),
  ...all(
    'data_source data_source_config testing_criteria grader graders sampling_params source sources',
    ANY,
  ),
  ...all('input_messages template sample samples datasource_item hyperparameters method supervised dpo', ANY),
  ...all('reinforcement integrations wandb incomplete_details custom_tool network_policy body response', ANY),
  ...all('instructions additional_instructions name description title prompt query input arguments', known),
  ...all('revised_prompt url b64_json filename purpose path mime_type code param user suffix refusal', known),
  ...all(
    'flagged deleted has_more background quality size style moderation output_format aspect_ratio',
    known,
  ),
  ...all(
    'stream endpoint completion_window method_type order anchor detail reasoning_effort store level',
    known,
  ),
  ...all(
    'parallel_tool_calls strict response_id_list custom_id owned_by version default_version tags',
    known,
  ),
  ...Object.fromEntries(MODERATION.map((category) => [category, ANY])),
  ...all('schema parameters file_data audio event line search_query rewrite_query transcript', known),
}));

export const RESOURCE_SHAPES = { request: ANY, response: either(ANY, RESOURCE), event: ANY };
