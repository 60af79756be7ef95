import { describe, expect, it } from 'vitest';
import { judge, type Reply } from './judge.ts';
import { leakIn, leakOut, type Plan, planRequest, type Variant } from './plan.ts';
import { SHAPES } from './shapes.ts';

/** Plans are made up at random until one is of this kind. */
function planOf(kind: Plan['kind'], variant: Variant = 'enforce'): Plan {
  for (let id = 0; id < 10_000; id++) {
    const [shape] = SHAPES;
    const plan = shape && planRequest(String(id), shape, variant);
    if (plan?.kind === kind) return plan;
  }
  throw new Error(`no plan is ${kind}`);
}

const reply = (status: number, body: string | Uint8Array = ''): Reply => ({
  status,
  body: Buffer.from(body),
});
const answered = ({ answer }: Plan) => reply(200, Buffer.concat(answer.chunks));
const rejected = (direction: string) =>
  reply(400, `{"status":"${direction} has been rejected by CrowdStrike AIDR"}`);
const ENDING =
  'data: {"error":{"message":"No."}}\n\ndata: {"choices":[{"delta":{},"finish_reason":"content_filter"}]}\n\n';
const DOWN = /^503 .*server_error/s;

describe('a request', () => {
  const plain = planOf('plain');
  const attack = planOf('attack');
  const weapon = planOf('weapon');
  const secret = planOf('secret answer');
  const live = planOf('plain', 'live');
  const audited = planOf('weapon', 'audit');
  const half = reply(0, answered(live).body.subarray(0, 900));

  it.each<[string, Plan, Reply, RegExp[], string]>([
    ['that passes as it was', plain, answered(plain), [], 'passed'],
    ['that only an audit reads', audited, answered(audited), [], 'passed'],
    ['that an audit changes', audited, rejected('Response'), [], 'violation'],
    ['whose answer is masked as it should be', secret, reply(200, secret.returned), [], 'redacted'],
    ['whose secret is in the answer', secret, answered(secret), [], 'violation'],
    [
      'whose secret is in the answer, whatever is wrong with AIDR',
      secret,
      answered(secret),
      [/./],
      'violation',
    ],
    ['that attacks and is rejected', attack, rejected('Prompt'), [], 'blocked'],
    ['that attacks and is answered', attack, answered(attack), [], 'violation'],
    ['whose answer is rejected', weapon, rejected('Response'), [], 'blocked'],
    ['that is rejected for nothing', plain, rejected('Prompt'), [], 'violation'],
    ['one of whose bytes is another', plain, reply(200, `${answered(plain).body} `), [], 'violation'],
    ['that is refused while AIDR is down', plain, reply(503, '{"reason":"server_error"}'), [DOWN], 'refused'],
    ['that is refused while nothing is', plain, reply(503, '{"reason":"server_error"}'), [], 'violation'],
    ['that is refused for another reason', plain, reply(500, '{"reason":"internal"}'), [DOWN], 'violation'],
    ['whose live answer breaks off in trouble', live, half, [DOWN], 'refused'],
    ['whose live answer breaks off for nothing', live, half, [], 'violation'],
    ['whose live answer is ended in trouble', live, reply(200, `${half.body}${ENDING}`), [DOWN], 'refused'],
    [
      'whose live answer is ended in trouble, behind a comment',
      live,
      reply(200, `: keep-alive\n${ENDING}`),
      [DOWN],
      'refused',
    ],
    [
      'whose live answer comes behind a comment',
      live,
      reply(200, `: keep-alive\n${answered(live).body}`),
      [],
      'passed',
    ],
    ['whose live answer is ended for nothing', live, reply(200, `${half.body}${ENDING}`), [], 'violation'],
    [
      'whose live answer is another in trouble',
      live,
      reply(200, `x${half.body}${ENDING}`),
      [DOWN],
      'violation',
    ],
  ])('%s', (_name, plan, given, excuses, outcome) => {
    expect(judge(plan, given, excuses).outcome).toBe(outcome);
  });
});

it('what is planted is seen in prompts and in answers, and only there', () => {
  const secret = planOf('secret prompt');
  expect(leakIn(secret.prompt)).toBeDefined();
  expect(leakIn(secret.forwarded ?? '')).toBeUndefined();
  expect(leakIn(planOf('attack').prompt)).toBeDefined();
  expect(leakIn(planOf('plain').prompt)).toBeUndefined();
  expect(leakOut(Buffer.concat(planOf('weapon').answer.chunks))).toBeDefined();
  expect(leakOut(planOf('secret answer').returned ?? Buffer.alloc(0))).toBeUndefined();
});
