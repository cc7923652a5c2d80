/** What every poller promises, whatever its source: one table of faults for all of them. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ApportionError } from '../../runtime/errors.ts';
import { DAY_MS } from '../../schemas/day.ts';
import { lastingFaults, passingFaults } from './faults.ts';
import { Polled, SOURCE_KEY } from './polled.ts';
import { Upstream, type UpstreamAnswer, type UpstreamRequest } from './upstream.ts';

/** A source as a test plays it: what it answers, what is true of it, and how it changes. */
export interface SourceModel {
  answer(request: UpstreamRequest): UpstreamAnswer;
  /** What must stand after a good poll, in the form of `SourceUnderTest.standing`: texts of charges, or sums of usage. */
  truth(): ReadonlyMap<string, readonly string[] | number>;
  /** Time goes on, and the source with it: there is something new to say. */
  goOn(): void;
  /** What happens at the source while time goes on, where anything does but that days pass. */
  happen?(): void;
  /** For sources that tell of days: changes what was said of one of them. */
  restate?(): void;
  /** For the same: leaves out a line that was there. */
  vanish?(): void;
  /** For sources with pages; `normal` at first. `empty` puts in an empty page, of which nothing follows. */
  paging?: 'normal' | 'loop' | 'repeated' | 'empty';
}

export interface SourceUnderTest {
  /** The poller. */
  readonly name: string;
  /**
   * With short limits: `requestSeconds` of a second, which an answer of a busy machine does not take. Secrets are `env:SOURCE_KEY`. `account` is that of a second source
   * of cost of the kind; those of usage are told apart by their address.
   */
  settings(url: string, account?: string): Record<string, unknown>;
  /** With one account, so that what breaks it breaks all. */
  model(clock: { nowMs: number }, account?: string): SourceModel;
  /** What stands after all that was published. */
  standing(polled: Polled): ReadonlyMap<string, unknown>;
  /** When the tests begin. */
  readonly nowMs: number;
  /** Faults that do not apply, each with the reason why. */
  readonly exempt?: Readonly<Record<string, string>>;
}

interface Case {
  readonly polled: Polled;
  readonly upstream: Upstream;
  readonly model: SourceModel;
  readonly clock: { nowMs: number };
}

export function keepsPollerPromises(source: SourceUnderTest): void {
  const isDue = ([name]: readonly [string, unknown]): boolean => source.exempt?.[name] === undefined;

  const open = async (): Promise<Case & AsyncDisposable> => {
    const clock = { nowMs: source.nowMs };
    const model = source.model(clock);
    const upstream = await Upstream.start(
      (request) => model.answer(request),
      () => clock.nowMs,
    );
    const polled = new Polled({ name: source.name, settings: source.settings(upstream.url), clock });
    return { clock, model, upstream, polled, [Symbol.asyncDispose]: () => upstream[Symbol.asyncDispose]() };
  };

  const isTrue = ({ polled, model }: Case): void => {
    assert.deepEqual([...source.standing(polled)], [...model.truth()]);
  };

  const isGood = async (at: Case): Promise<void> => {
    const outcome = await at.polled.poll();
    assert.deepEqual(outcome.faults, []);
    assert.equal(at.polled.status.state, 'ok', at.polled.status.detail);
    isTrue(at);
  };

  /** Polls, and gives what went wrong; nothing but the status may have been published. */
  const breaks = async ({ polled }: Case): Promise<string> => {
    const records = polled.reports.length + polled.samples.length;
    const told = await polled.poll().then(
      ({ faults }) => faults.join('\n'),
      (error: unknown) => {
        assert.ok(error instanceof ApportionError, String(error));
        assert.notEqual(error.advice, '');
        return error.message;
      },
    );
    assert.notEqual(told, '', 'the broken poll says nothing');
    assert.equal(polled.reports.length + polled.samples.length, records, 'the broken poll publishes something');
    assert.notEqual(polled.status.state, 'ok');
    assert.notEqual(polled.status.detail, '');
    return told;
  };

  /** Which requests of a poll to disturb: the first ones, one in the middle, the last. */
  const positions = async (): Promise<readonly number[]> => {
    await using at = await open();
    await isGood(at);
    at.model.goOn();
    const before = at.upstream.requests.length;
    await isGood(at);
    // A request that a busy machine made come twice is one: the poll to be disturbed may not repeat it.
    const asked = at.upstream.requests.slice(before).map(({ method, path, query }) => `${method} ${path}?${query}`);
    const count = new Set(asked).size;
    return [...new Set([1, Math.min(2, count), Math.ceil(count / 2), count])];
  };

  describe(`${source.name} keeps what every poller promises`, { concurrency: 4, timeout: 240_000 }, () => {
    test('says what its source says, and an identical poll publishes nothing more', async () => {
      await using at = await open();
      await isGood(at);
      const records = at.polled.reports.length + at.polled.samples.length;
      await isGood(at);
      at.polled.restart();
      await isGood(at);
      assert.equal(at.polled.reports.length + at.polled.samples.length, records);
      at.model.goOn();
      await isGood(at);
    });

    for (const [name, fault] of Object.entries(lastingFaults).filter(isDue)) {
      test(`${name}: nothing is published from the broken poll, and the next good one catches up`, async () => {
        for (const position of await positions()) {
          await using at = await open();
          await isGood(at);
          at.model.goOn();
          const before = at.upstream.requests.length;
          at.upstream.disturb = ({ number }) => (number >= before + position ? fault : null);
          await breaks(at);
          at.upstream.disturb = () => null;
          at.model.goOn();
          at.polled.restart();
          await isGood(at);
        }
      });
    }

    for (const [name, fault] of Object.entries(passingFaults).filter(isDue)) {
      test(`${name}: the request is made again, and the poll goes well`, async () => {
        for (const position of await positions()) {
          await using at = await open();
          await isGood(at);
          at.model.goOn();
          const before = at.upstream.requests.length;
          at.upstream.disturb = ({ number }) => (number === before + position ? fault : null);
          await isGood(at);
        }
      });
    }

    test('waits as long as Retry-After asks', async () => {
      await using at = await open();
      at.upstream.disturb = ({ number }) =>
        number === 1 ? { kind: 'status', status: 429, headers: { 'retry-after': '1' } } : null;
      await isGood(at);
      const [first, second] = at.upstream.requests;
      const pauseMs = (second?.atMs ?? 0) - (first?.atMs ?? 0);
      assert.ok(pauseMs >= 990, `the next request came after ${pauseMs} ms`);
    });

    test('warns of a clock that differs, and is not misled by it', async () => {
      await using at = await open();
      at.upstream.disturb = () => ({ kind: 'clock', aheadMs: 3 * 3_600_000 });
      await isGood(at);
      assert.match(at.polled.status.warnings.join(), /clock of the source is 180 minutes ahead/);
    });

    test('what could not be written is written by the next poll', async () => {
      await using at = await open();
      await isGood(at);
      at.model.goOn();
      at.polled.memory.failure = new ApportionError('planted', 'The broker has gone.', 'Wait.');
      await assert.rejects(at.polled.poll(), { code: 'planted' });
      at.model.goOn();
      await isGood(at);
    });

    test('a process that was replaced publishes nothing more', async () => {
      await using at = await open();
      await isGood(at);
      at.model.goOn();
      const successor = new Polled({
        name: source.name,
        settings: source.settings(at.upstream.url),
        clock: at.clock,
        memory: at.polled.memory,
      });
      await successor.poll();
      const records = at.polled.reports.length + at.polled.samples.length;
      at.model.goOn();
      await assert.rejects(at.polled.poll(), { code: 'journal_taken_over' });
      assert.equal(at.polled.reports.length + at.polled.samples.length, records);
    });

    test('the secret stands in no log, status, error or metric, even when the source repeats it', async () => {
      await using at = await open();
      const said: string[] = [];
      at.upstream.disturb = () => ({ kind: 'body', body: `no such key: ${SOURCE_KEY}` });
      said.push(await breaks(at));
      at.upstream.disturb = ({ number }) => ({ kind: 'status', status: 400 + (number % 4) });
      said.push(await breaks(at));
      at.upstream.disturb = () => null;
      await isGood(at);
      said.push(JSON.stringify(at.polled.memory.published, (_, value) => (typeof value === 'bigint' ? '' : value)));
      said.push(at.polled.log.join('\n'), await at.polled.registry.metrics());
      assert.ok(
        at.upstream.requests.some(({ headers, query }) => JSON.stringify([headers, [...query]]).includes(SOURCE_KEY)),
        'the source is given the secret',
      );
      for (const text of said) assert.ok(!text.includes(SOURCE_KEY), text);
    });

    test('at the turn of a month nothing is lost', async () => {
      await using at = await open();
      const month = new Date(source.nowMs);
      at.clock.nowMs = Date.UTC(month.getUTCFullYear(), month.getUTCMonth() + 1, 1) - 3_600_000;
      await isGood(at);
      at.clock.nowMs += 2 * 3_600_000;
      at.model.goOn();
      await isGood(at);
    });

    test('after an outage of days the next poll catches up', async () => {
      await using at = await open();
      await isGood(at);
      at.clock.nowMs += 5 * DAY_MS;
      at.model.goOn();
      await isGood(at);
    });

    const { restate, vanish, paging } = source.model({ nowMs: source.nowMs });
    if (restate !== undefined && vanish !== undefined) {
      test('a restated day and a vanished line replace what stood, and only that day is sent again', async () => {
        await using at = await open();
        await isGood(at);
        // From now on what is settled is known to be.
        await isGood(at);
        for (const change of ['restate', 'vanish'] as const) {
          const before = at.polled.reports.length;
          at.model[change]?.();
          await isGood(at);
          assert.equal(at.polled.reports.length - before, 1, change);
        }
      });

      test('a clock that was set back does not hold the truth back', async () => {
        await using at = await open();
        await isGood(at);
        at.clock.nowMs -= 3_600_000;
        at.model.restate?.();
        await isGood(at);
      });
    }

    if (paging !== undefined) {
      test('pages that go in circles, or come twice, break the poll; an empty one between others does not', async () => {
        await using at = await open();
        await isGood(at);
        for (const mode of ['loop', 'repeated'] as const) {
          at.model.goOn();
          at.model.paging = mode;
          await breaks(at);
          at.model.paging = 'normal';
          await isGood(at);
        }
        at.model.goOn();
        at.model.paging = 'empty';
        await isGood(at);
      });
    }
  });
}
