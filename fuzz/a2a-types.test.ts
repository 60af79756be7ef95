import { beforeAll, describe, expect, it } from 'vitest';
import { parseJson } from '../src/body/json/document.ts';
import type { Reading } from '../src/formats/read.ts';
import { isObject } from '../src/formats/segment.ts';
import { A2A } from '../src/protocols/a2a/index.ts';
import type { ReadMessage, RequestHead } from '../src/protocols/protocol.ts';
import { plantEverywhere } from '../testkit/formats/plant-everywhere.ts';
import { readSdkTypes, type SdkTypes } from '../testkit/sdk/sdk-types.ts';

const V1 = '@a2a-js/sdk/dist/index.d.ts';
/** What clients and servers of 0.3 write in JSON-RPC. */
const LEGACY = '@a2a-js/sdk/dist/compat/v0_3/server/index.d.ts';
/** What they write in HTTP+JSON: its protocol buffers, in JSON. */
const LEGACY_PROTO = '@a2a-js/sdk/dist/compat/v0_3/server/grpc/index.d.ts';

const REST: RequestHead = { method: 'POST', path: '/a2a/message:send', headers: {} };
const RPC: RequestHead = { method: 'POST', path: '/a2a', headers: {} };

type What = 'params' | 'result' | 'request' | 'answer';

const declared = (what: What, file: string, ...names: string[]) =>
  names.map((type): [What, string, string] => [what, file, type]);

const DECLARED = [
  ...declared('params', V1, 'SendMessageRequest', 'GetTaskRequest', 'ListTasksRequest', 'CancelTaskRequest'),
  ...declared('params', V1, 'SubscribeToTaskRequest', 'TaskPushNotificationConfig'),
  ...declared('params', V1, 'GetTaskPushNotificationConfigRequest', 'ListTaskPushNotificationConfigsRequest'),
  ...declared('params', V1, 'DeleteTaskPushNotificationConfigRequest', 'GetExtendedAgentCardRequest'),
  ...declared('request', V1, 'SendMessageRequest', 'TaskPushNotificationConfig'),
  ...declared('result', V1, 'SendMessageResponse', 'StreamResponse', 'Task', 'ListTasksResponse'),
  ...declared('result', V1, 'TaskPushNotificationConfig', 'ListTaskPushNotificationConfigsResponse'),
  ...declared('result', V1, 'AgentCard'),
  ...declared('answer', V1, 'StreamResponse', 'TaskPushNotificationConfig', 'AgentCard'),
  ...declared('params', LEGACY, 'MessageSendParams', 'TaskPushNotificationConfig'),
  ...declared('result', LEGACY, 'Message', 'Task', 'TaskStatusUpdateEvent', 'TaskArtifactUpdateEvent'),
  ...declared('result', LEGACY, 'TaskPushNotificationConfig', 'AgentCard'),
  ...declared('request', LEGACY_PROTO, 'SendMessageRequest$1', 'TaskPushNotificationConfig$1'),
  ...declared('answer', LEGACY_PROTO, 'SendMessageResponse$1', 'StreamResponse$1', 'Task$1', 'AgentCard$1'),
];

/** What bodies have in common is tried once. */
const done = new Map<What, Set<string>>();

describe('what the official SDK of A2A declares', () => {
  let types: SdkTypes;
  beforeAll(() => {
    types = readSdkTypes([V1, LEGACY, LEGACY_PROTO]);
  });

  it.each(DECLARED)('is seen in every leaf but credentials, as %s: %s, %s', (what, file, type) => {
    const samples = types.bodiesOf(file, type).map(wireForm);
    expect(samples).not.toEqual([]);
    const unseen = new Set<string>();
    for (const sample of samples) {
      const reading = (value: unknown) => readAs(what, value);
      const { unseen: missed } = plantEverywhere(enveloped(what, sample), reading, doneIn(what));
      for (const place of missed) unseen.add(place);
    }
    const others = [...unseen].filter((place) => !/\.(?:token|credentials): /.test(`.${place}`));
    expect(others).toEqual([]);
  });

  it('sees everything but credentials, which it never sends', () => {
    const config = {
      url: 'https://a.example/hook',
      token: 'words',
      authentication: { credentials: 'words' },
    };
    const { unseen } = plantEverywhere(enveloped('params', config), (value) => readAs('params', value));
    expect(unseen).toEqual(['params.token: 078-05-1120', 'params.authentication.credentials: 078-05-1120']);
  });
});

function doneIn(what: What): Set<string> {
  const known = done.get(what) ?? new Set();
  done.set(what, known);
  return known;
}

function enveloped(what: What, sample: unknown): unknown {
  if (what === 'params') return { jsonrpc: '2.0', id: 1, method: 'SendMessage', params: sample };
  return what === 'result' ? { jsonrpc: '2.0', id: 1, result: sample } : sample;
}

/** Each of several, in the types as `{ $case, value }`, has a key of its own on the wire. */
function wireForm(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(wireForm);
  if (!isObject(value)) return value;
  const members = Object.entries(value).map(([key, item]): [string, unknown] =>
    isObject(item) && typeof item.$case === 'string'
      ? [item.$case, wireForm(item.value)]
      : [key, wireForm(item)],
  );
  return Object.fromEntries(members);
}

function readAs(what: What, value: unknown): Reading {
  const parsed = parseJson(Buffer.from(JSON.stringify(value)));
  if (!parsed.ok) throw new Error(parsed.problem);
  const { document } = parsed;
  if (what === 'params') return together(A2A.readRequest(document, RPC));
  if (what === 'request') return together(A2A.readRequest(document, REST));
  const binding = what === 'answer' ? { binding: 'http+json/1.0' } : {};
  return together(A2A.readAnswer(document, { protocol: 'a2a', pending: [], readsReply: true, ...binding }));
}

function together(messages: ReadMessage[] | undefined): Reading {
  const found = (messages ?? []).map((message) => message.found);
  return {
    isRecognised: messages !== undefined,
    formats: [],
    extraction: {
      segments: found.flatMap(({ segments }) => segments),
      tools: found.flatMap(({ tools }) => tools),
      ...{ opaque: 0, isTooMuch: false },
      unreadable: found.reduce((sum, { unreadable }) => sum + unreadable, 0),
      ...(found.some(({ isUnaccounted }) => isUnaccounted) ? { isUnaccounted: true } : {}),
    },
  };
}
