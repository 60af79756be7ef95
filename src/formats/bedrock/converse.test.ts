import { describe, expect, it } from 'vitest';
import { extract, linesOf, rewrite } from '../../../testkit/formats/extract.ts';
import { readRequest } from '../read.ts';
import { routeFormats } from '../registry.ts';
import type { JsonObject } from '../segment.ts';
import { converse } from './converse.ts';

const messages = [{ role: 'user', content: [{ text: 'q' }] }];

describe('a Converse request', () => {
  it('is read from the system to the schema of its output', () => {
    const found = extract(converse, 'request', {
      outputConfig: {
        textFormat: {
          type: 'json_schema',
          structure: { jsonSchema: { name: 's', description: 'g', schema: '{"description":"h"}' } },
        },
        effort: 'high',
      },
      promptVariables: { topic: { text: 'e' } },
      additionalModelRequestFields: {
        thinking: { type: 'enabled', budget_tokens: 1024 },
        anthropic_beta: ['beta'],
        prompt: 'f',
      },
      messages: [
        ...messages,
        { role: 'assistant', content: [{ text: 'b' }], note: 'c' },
        { role: 'oracle', content: [{ text: 'd' }] },
      ],
      system: [
        { text: 'a' },
        { guardContent: { text: { text: 'a2' } } },
        { cachePoint: { type: 'default' } },
      ],
      inferenceConfig: { stopSequences: ['stop'] },
      guardrailConfig: { guardrailIdentifier: 'g' },
    });
    expect(linesOf(found)).toEqual([
      'system text /system/0/text: a',
      'system text /system/1/guardContent/text/text: a2',
      'user text /messages/0/content/0/text: q',
      'assistant text /messages/1/content/0/text: b',
      'assistant text /messages/1/note: c',
      'user text /messages/2/content/0/text: d',
      'user text /promptVariables/topic/text: e',
      'user text /additionalModelRequestFields/prompt: f',
      'system text /outputConfig/textFormat/structure/jsonSchema/description: g',
      'system text /outputConfig/textFormat/structure/jsonSchema/schema: {"description":"h"}',
    ]);
    expect(found?.opaque).toBe(1);
  });

  it('has its tools in the form that AIDR knows', () => {
    const found = extract(converse, 'request', {
      messages,
      toolConfig: {
        tools: [
          {
            toolSpec: {
              name: 'f',
              description: 'd',
              inputSchema: { json: { type: 'object' }, note: 'a' },
              strict: true,
              novel: 'b',
            },
          },
          { toolSpec: { name: 'g', description: ['c'] } },
          { toolSpec: 'd' },
          { systemTool: { name: 'nova_grounding' } },
          { novelTool: { text: 'e' } },
          'f',
        ],
        toolChoice: { any: {} },
        novel: 'g',
      },
    });
    expect(found?.tools).toEqual([
      {
        name: 'f',
        description: 'd',
        parameters: { type: 'object' },
        places: {
          name: ['toolConfig', 'tools', 0, 'toolSpec', 'name'],
          description: ['toolConfig', 'tools', 0, 'toolSpec', 'description'],
          parameters: ['toolConfig', 'tools', 0, 'toolSpec', 'inputSchema', 'json'],
        },
      },
      {
        name: 'g',
        places: {
          name: ['toolConfig', 'tools', 1, 'toolSpec', 'name'],
          description: ['toolConfig', 'tools', 1, 'toolSpec', 'description'],
          parameters: ['toolConfig', 'tools', 1, 'toolSpec', 'inputSchema', 'json'],
        },
      },
    ]);
    expect(linesOf(found)?.slice(1)).toEqual([
      'system text /toolConfig/tools/0/toolSpec/inputSchema/note: a',
      'system text /toolConfig/tools/0/toolSpec/novel: b',
      'system text /toolConfig/tools/1/toolSpec/description/0: c',
      'system text /toolConfig/tools/2/toolSpec: d',
      'system text /toolConfig/tools/4/novelTool/text: e',
      'system text /toolConfig/tools/5: f',
      'system text /toolConfig/novel: g',
    ]);
  });

  it('counts a prompt that is kept at Bedrock', () => {
    const prompt = 'arn:aws:bedrock:us-east-1:123456789012:prompt/ABCDEFGHIJ:1';
    expect(extract(converse, 'request', { messages, modelId: prompt })?.opaque).toBe(1);
    expect(extract(converse, 'request', { messages, modelId: 'amazon.nova-pro-v1:0' })?.opaque).toBe(0);
    const route = routeFormats('bedrock', 'converse') ?? { configured: [], all: [] };
    const path = `/model/${encodeURIComponent(prompt)}/converse`;
    expect(readRequest(route, { messages }, path).extraction.opaque).toBe(1);
    expect(readRequest(route, { messages }, '/model/amazon.nova-pro-v1%3A0/converse').extraction.opaque).toBe(
      0,
    );
  });

  it('is read in odd shapes', () => {
    const found = extract(converse, 'request', {
      messages: [...messages, 'a', null, { role: 'user', content: 'b' }, { content: { text: 'c' } }],
      system: 'd',
      toolConfig: 'e',
      promptVariables: 'f',
      additionalModelRequestFields: ['g'],
      outputConfig: 'h',
    });
    expect(linesOf(found)).toEqual([
      'system text /system: d',
      'user text /messages/0/content/0/text: q',
      'user text /messages/1: a',
      'user text /messages/3/content: b',
      'user text /messages/4/content/text: c',
      'user text /promptVariables: f',
      'system text /toolConfig: e',
      'user text /additionalModelRequestFields/0: g',
    ]);
  });

  it('can consist of what fills a stored prompt', () => {
    const found = extract(converse, 'request', { promptVariables: { x: { text: 'a' } } });
    expect(linesOf(found)).toEqual(['user text /promptVariables/x/text: a']);
  });

  it.each<[string, JsonObject]>([
    ['of a string', { messages: [{ role: 'user', content: 'a' }] }],
    ['of labelled blocks', { messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }] }] }],
    ['of nothing', { messages: [] }],
    ['elsewhere', { contents: [{ parts: [{ text: 'a' }] }] }],
  ])('is not recognised by content %s', (_name, body) => {
    expect(extract(converse, 'request', body)).toBeUndefined();
  });
});

describe('a Converse answer', () => {
  const answer = {
    output: { message: { role: 'assistant', content: [{ text: 'My name is {NAME}.' }] }, novel: 'a' },
    stopReason: 'guardrail_intervened',
    usage: { inputTokens: 1 },
    trace: {
      guardrail: {
        modelOutput: ['{"outputText":"My name is Ann."}', '{"text":"\\u0041nn"}'],
        inputAssessment: {
          id: { topicPolicy: { topics: [{ name: 'b', type: 'DENY', action: 'BLOCKED' }] } },
        },
        outputAssessments: {
          id: [{ sensitiveInformationPolicy: { piiEntities: [{ match: 'Ann', type: 'NAME' }] } }],
        },
        actionReason: 'Guardrail masked.',
      },
      promptRouter: { invokedModelId: 'm' },
    },
    additionalModelResponseFields: { stop_sequence: 'Ann' },
    novel: 'c',
  };

  it('is read with what the guardrail quotes', () => {
    expect(linesOf(extract(converse, 'response', answer))).toEqual([
      'assistant text /output/message/content/0/text: My name is {NAME}.',
      'tool citation /trace/guardrail/modelOutput/0: {"outputText":"My name is Ann."}',
      'tool citation /trace/guardrail/modelOutput/1: {"text":"Ann"}',
      'tool citation /trace/guardrail/inputAssessment/id/topicPolicy/topics/0/name: b',
      'tool citation /trace/guardrail/outputAssessments/id/0/sensitiveInformationPolicy/piiEntities/0/match: Ann',
      'tool citation /additionalModelResponseFields/stop_sequence: Ann',
      'tool text /output/novel: a',
      'tool text /novel: c',
    ]);
  });

  it('loses its trace when its text is changed', () => {
    expect(
      rewrite(converse, 'response', answer, ({ role }) => (role === 'assistant' ? '#' : undefined)),
    ).toMatchObject({
      body: {
        output: { message: { content: [{ text: '#' }] } },
        trace: { guardrail: {}, promptRouter: { invokedModelId: 'm' } },
        additionalModelResponseFields: {},
      },
    });
  });

  it('keeps its trace when a quotation in it is changed', () => {
    expect(
      rewrite(converse, 'response', answer, ({ text }) =>
        text === 'Ann' || text === '{"text":"Ann"}' ? text.replace('Ann', '#') : undefined,
      ),
    ).toMatchObject({
      body: {
        output: answer.output,
        trace: { guardrail: { modelOutput: ['{"outputText":"My name is Ann."}', '{"text":"#"}'] } },
        additionalModelResponseFields: { stop_sequence: '#' },
      },
    });
  });

  it.each<[string, JsonObject, string[]]>([
    ['a message that is a string', { output: { message: 'a' } }, ['assistant text /output/message: a']],
    [
      'content that is a string',
      { output: { message: { content: 'a' } } },
      ['assistant text /output/message/content: a'],
    ],
    ['no content', { output: { message: null }, trace: null }, []],
    ['a trace that is a string', { output: { message: {} }, trace: 'a' }, ['tool citation /trace: a']],
  ])('is read in odd shapes: %s', (_name, body, expected) => {
    expect(linesOf(extract(converse, 'response', body))).toEqual(expected);
  });

  it.each<[string, JsonObject]>([
    ['an error', { message: 'The provided model identifier is invalid.' }],
    ['the output of another API', { output: [{ type: 'message', content: [] }] }],
  ])('is not recognised: %s', (_name, body) => {
    expect(extract(converse, 'response', body)).toBeUndefined();
  });
});
