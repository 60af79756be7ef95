import { describe, expect, it } from 'vitest';
import { extract, linesOf, rewrite } from '../../../testkit/formats/extract.ts';
import { editJson } from '../../body/json/edit.ts';
import { Collector } from '../collector.ts';
import type { JsonObject } from '../segment.ts';
import { writeBack } from '../write-back.ts';
import { generateContent } from './generate-content.ts';

const readRequest = (body: JsonObject) => extract(generateContent, 'request', body);
const readResponse = (body: JsonObject) => extract(generateContent, 'response', body);
const contents = [{ role: 'user', parts: [{ text: 'q' }] }];

const voices = (voiceConfig: JsonObject) => ({ generationConfig: { speechConfig: { voiceConfig } } });

describe('a generateContent request', () => {
  it('has the system first, and the prose of its schemas', () => {
    const found = readRequest({
      contents,
      systemInstruction: { role: 'user', parts: [{ text: 'a' }, { text: 'b' }] },
      generationConfig: {
        stopSequences: ['stop'],
        responseSchema: { description: 'c', properties: { x: { description: 'd', enum: ['e'] } } },
      },
      model: 'models/gemini-x',
      cachedContent: 'cachedContents/1',
      safetySettings: [{ category: 'C', threshold: 'T' }],
      labels: { team: 't' },
    });
    expect(linesOf(found)).toEqual([
      'system text /systemInstruction/parts/0/text: a|b',
      'user text /contents/0/parts/0/text: q',
      'system text /generationConfig/responseSchema/description: c',
      'system text /generationConfig/responseSchema/properties/x/description: d',
    ]);
    expect(found).toMatchObject({ model: 'gemini-x', opaque: 1 });
  });

  it('has its functions as tools, and of other tools what is text', () => {
    const found = readRequest({
      contents,
      tools: [
        {
          functionDeclarations: [
            {
              name: 'f',
              description: 'd',
              parameters: { type: 'OBJECT' },
              parametersJsonSchema: { description: 'a' },
              response: { description: 'b', type: 'STRING' },
              behavior: 'BLOCKING',
              strange: 'c',
            },
          ],
        },
        { function_declarations: { name: 'g', description: { e: 'e' }, parameters_json_schema: {} } },
        { functionDeclarations: ['h'] },
        { googleSearch: {}, retrieval: { externalApi: { apiAuth: { apiKey: 'secret' } } } },
        { novelTool: { text: 'i' } },
        'j',
      ],
    });
    expect(found?.tools).toEqual([
      {
        name: 'f',
        description: 'd',
        parameters: { type: 'OBJECT' },
        places: {
          name: ['tools', 0, 'functionDeclarations', 0, 'name'],
          description: ['tools', 0, 'functionDeclarations', 0, 'description'],
          parameters: ['tools', 0, 'functionDeclarations', 0, 'parameters'],
        },
      },
      {
        name: 'g',
        parameters: {},
        places: {
          name: ['tools', 1, 'function_declarations', 'name'],
          description: ['tools', 1, 'function_declarations', 'description'],
          parameters: ['tools', 1, 'function_declarations', 'parameters_json_schema'],
        },
      },
    ]);
    expect(linesOf(found)?.slice(1)).toEqual([
      'system text /tools/0/functionDeclarations/0/parametersJsonSchema/description: a',
      'system text /tools/0/functionDeclarations/0/response/description: b',
      'system text /tools/0/functionDeclarations/0/strange: c',
      'system text /tools/1/function_declarations/description/e: e',
      'system text /tools/2/functionDeclarations/0: h',
      'system text /tools/4/novelTool/text: i',
      'system text /tools/5: j',
    ]);
  });

  it.each<[string, JsonObject, number]>([
    ['a file', { contents: [{ parts: [{ fileData: { fileUri: 'gs://a/b' } }] }] }, 1],
    ['cached content', { cachedContent: 'cachedContents/a' }, 1],
    ['a data store', { tools: [{ retrieval: { vertexAiSearch: { datastore: 'projects/a' } } }] }, 1],
    ['a store in snake case', { tools: [{ retrieval: { vertex_rag_store: { rag_corpora: ['a'] } } }] }, 1],
    ['an index elsewhere', { tools: [{ retrieval: { externalApi: { endpoint: 'https://a' } } }] }, 1],
    ['stores of files', { tools: [{ fileSearch: { fileSearchStoreNames: ['a', 'b'] } }] }, 2],
    ['MCP servers', { tools: [{ mcpServers: [{ name: 'a' }, { name: 'b' }] }] }, 2],
    ['recordings', voices({ replicatedVoiceConfig: { voiceSampleAudio: 'AA', consentAudio: 'AA' } }), 2],
    ['no search', { tools: [{ googleSearch: {} }, { urlContext: {} }, { retrieval: {} }] }, 0],
  ])('counts what the model reads elsewhere: %s', (_name, body, opaque) => {
    expect(readRequest({ contents, ...body })?.opaque).toBe(opaque);
  });

  it('names the functions that may be called', () => {
    const functionCallingConfig = { mode: 'ANY', allowedFunctionNames: ['f', 'g'] };
    const found = readRequest({ contents, toolConfig: { functionCallingConfig } });
    expect(linesOf(found)?.slice(1)).toEqual([
      'system label /toolConfig/functionCallingConfig/allowedFunctionNames/0: f',
      'system label /toolConfig/functionCallingConfig/allowedFunctionNames/1: g',
    ]);
    expect(found?.segments[1]?.immutableBecause).toBe('label');
  });

  it('knows its keys in both spellings', () => {
    for (const key of ['systemInstruction', 'system_instruction', 'generation_config', 'safetySettings']) {
      expect(generateContent.requestKeys).toContain(key);
    }
  });

  it.each<[string, JsonObject]>([
    ['without contents', { messages: [{ role: 'user', content: 'q' }] }],
    ['with contents that are null', { contents: null }],
  ])('is not recognised %s', (_name, body) => {
    expect(readRequest(body)).toBeUndefined();
  });
});

describe('a generateContent answer', () => {
  it('is read candidate by candidate', () => {
    const found = readResponse({
      candidates: [
        { index: 0, content: { role: 'user', parts: [{ text: 'a' }, { text: 'b' }] }, finishReason: 'STOP' },
        { index: 1, content: { parts: [{ functionCall: { name: 'f', args: { x: 'c' } } }] } },
        { index: 2, finishReason: 'SAFETY', safetyRatings: [{ category: 'C', probability: 'LOW' }] },
        { index: 3, content: {}, finishMessage: 'd', avgLogprobs: -1, novel: ['e'] },
        { index: 4, content: { parts: null, note: 'f' } },
        { index: 5, content: 'g' },
        'h',
        null,
      ],
      modelVersion: 'gemini-x',
      responseId: 'r',
      createTime: 't',
      usageMetadata: { trafficType: 'ON_DEMAND' },
    });
    expect(linesOf(found)).toEqual([
      'assistant text /candidates/0/content/parts/0/text: a|b',
      'assistant label /candidates/1/content/parts/0/functionCall/name: f',
      'assistant tool_arguments /candidates/1/content/parts/0/functionCall/args/x: c',
      'tool citation /candidates/3/finishMessage: d',
      'assistant text /candidates/3/novel/0: e',
      'assistant text /candidates/4/content/note: f',
      'assistant text /candidates/5/content: g',
      'assistant text /candidates/6: h',
    ]);
    expect(found?.model).toBe('gemini-x');
  });

  it('says why a prompt was refused', () => {
    const found = readResponse({
      promptFeedback: {
        blockReason: 'SAFETY',
        blockReasonMessage: 'a',
        safetyRatings: [{ category: 'C' }],
      },
      modelStatus: { modelStage: 'RETIRED', message: 'b' },
      novel: 'c',
    });
    expect(linesOf(found)).toEqual([
      'tool citation /promptFeedback/blockReasonMessage: a',
      'tool citation /modelStatus/message: b',
      'tool citation /novel: c',
    ]);
  });

  it('without alt=sse is a list, in which each candidate says one thing', () => {
    const answers = [
      { candidates: [{ content: { parts: [{ text: 'My name is A' }] }, index: 0 }] },
      {
        candidates: [
          { content: { parts: [{ text: 'nn.' }] }, index: 0, logprobsResult: { chosenCandidates: [] } },
          { content: { parts: [{ text: 'other' }] }, index: 1 },
        ],
      },
      { error: { message: 'overloaded' } },
      { usageMetadata: { totalTokenCount: 3 } },
      'odd',
    ];
    const out = new Collector();
    expect(generateContent.readResponse(answers, out)).toBe(true);
    expect(linesOf(out.extraction)).toEqual([
      'assistant text /0/candidates/0/content/parts/0/text: My name is A|nn.',
      'assistant text /1/candidates/1/content/parts/0/text: other',
      'tool text /2/error/message: overloaded',
      'assistant text /4: odd',
    ]);
    const [segment] = out.extraction.segments;
    const written = segment && writeBack(answers, [{ segment, text: 'My name is <NAME>.' }]);
    const changed: unknown = written?.ok && JSON.parse(editJson(JSON.stringify(answers), written.edits));
    expect(changed).toMatchObject([
      { candidates: [{ content: { parts: [{ text: 'My name is <NAME>' }] } }] },
      { candidates: [{ content: { parts: [{ text: '.' }] }, logprobsResult: null }, {}] },
      ...answers.slice(2),
    ]);
  });

  it('is changed in the part that a change touches', () => {
    const body = { candidates: [{ content: { parts: [{ text: 'I am ' }, { text: 'Ann' }] } }] };
    expect(rewrite(generateContent, 'response', body, ({ text }) => text.replace('Ann', '<NAME>'))).toEqual({
      body: { candidates: [{ content: { parts: [{ text: 'I am ' }, { text: '<NAME>' }] } }] },
    });
  });

  it.each<[string, JsonObject]>([
    ['of another API', { choices: [{ message: { content: 'a' } }] }],
    ['that is an error', { error: { message: 'm' } }],
    ['that is empty', {}],
  ])('is not recognised: one %s', (_name, body) => {
    expect(readResponse(body)).toBeUndefined();
  });
});
