import { describe, expect, it } from 'vitest';
import { ArrivedConnections, OfferedConnections } from './offered-connections.ts';

describe('connections that are offered to the serving process', () => {
  it('are found where they did not arrive, each once', () => {
    const offered = new OfferedConnections<string>();
    const arrived = new ArrivedConnections();
    for (const name of ['a', 'b', 'c', 'd']) {
      const offer = offered.offer(name);
      if (name === 'a' || name === 'c') arrived.add(offer);
    }
    expect(offered.unasked).toBe(4);
    const question = offered.question();
    expect([offered.unasked, offered.isWaiting]).toEqual([0, true]);
    // Meanwhile.
    arrived.add(offered.offer('e'));
    offered.offer('f');
    expect(offered.answered(arrived.answer(question))).toEqual(['b', 'd']);
    expect([offered.unasked, offered.isWaiting]).toEqual([2, false]);
    expect(offered.answered(arrived.answer(offered.question()))).toEqual(['f']);
  });

  it('are forgotten with the process to which they were offered', () => {
    const offered = new OfferedConnections<string>();
    offered.offer('a');
    const question = offered.question();
    offered.clear();
    expect([offered.unasked, offered.isWaiting]).toEqual([0, false]);
    expect(offered.answered(new ArrivedConnections().answer(question))).toEqual([]);
    offered.offer('b');
    expect(offered.answered(new ArrivedConnections().answer(offered.question()))).toEqual(['b']);
  });
});
