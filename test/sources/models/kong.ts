import assert from 'node:assert/strict';
import { KongNode, KongTruth } from '../kong-node.ts';
import { SOURCE_KEY } from '../polled.ts';
import type { SourceModel, SourceUnderTest } from '../poller-promises.ts';
import { standingUsage } from '../standing.ts';
import type { UpstreamAnswer, UpstreamRequest } from '../upstream.ts';

/** One node with a few services, one of which has a name that must be escaped. */
class Kong implements SourceModel {
  readonly #clock: { nowMs: number };
  readonly #node = new KongNode();
  readonly #truth = new KongTruth();

  constructor(clock: { nowMs: number }) {
    this.#clock = clock;
    this.happen();
  }

  goOn(): void {
    this.#clock.nowMs += 30_000;
    this.happen();
  }

  happen(): void {
    this.#node.answer({ service: 'asr' }, 1_000_000);
    this.#node.answer({ service: 'asr', route: 'other', code: 404 }, 3);
    this.#node.answer({ service: 'asr', code: 503, source: 'kong' });
    this.#node.answer({ service: 'voice "eu" \\ bots', code: 500 }, 7);
    this.#node.answer({ service: '' });
  }

  truth(): ReadonlyMap<string, number> {
    return this.#truth.read([this.#node], this.#clock.nowMs);
  }

  answer({ path, headers }: UpstreamRequest): UpstreamAnswer {
    if (headers['kong-admin-token'] !== SOURCE_KEY) return { status: 401, body: '{"message":"Unauthorized"}' };
    assert.equal(path, '/metrics');
    return this.#node.metrics();
  }
}

export const kongSource: SourceUnderTest = {
  name: 'kong',
  nowMs: Date.parse('2026-03-10T06:00:00Z'),
  settings: (url) => ({
    targets: [`${url}/metrics`],
    headers: { 'Kong-Admin-Token': 'env:SOURCE_KEY' },
    requestSeconds: 1,
  }),
  model: (clock) => new Kong(clock),
  standing: ({ samples }) => standingUsage(samples),
};
