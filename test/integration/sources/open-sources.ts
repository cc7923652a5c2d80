import type { World } from '../../../commands/world.ts';
import { addDays, dayOf, formatDay } from '../../../schemas/day.ts';
import { allSources } from '../../sources/models/all.ts';
import { auth0Source } from '../../sources/models/auth0.ts';
import { FocusFiles } from '../../sources/models/focus-files.ts';
import { kubernetesSource } from '../../sources/models/kubernetes.ts';
import { opencostSource } from '../../sources/models/opencost.ts';
import type { SourceUnderTest } from '../../sources/poller-promises.ts';
import { Upstream } from '../../sources/upstream.ts';
import { temporaryFolder } from '../stack.ts';
import { kongServices } from './platform.ts';
import { type Played, PlayedSource } from './played-source.ts';

export interface OpenSources extends AsyncDisposable {
  readonly all: readonly PlayedSource[];
}

/** A poller of each kind, of two kinds a second one, and FOCUS files. */
export async function openSources(world: World, startMs: number): Promise<OpenSources> {
  await using opened = new AsyncDisposableStack();
  const all: PlayedSource[] = [];
  const open = async (played: Promise<Played> | Played): Promise<void> => {
    all.push(opened.use(await PlayedSource.open(world, await played)));
  };
  for (const source of allSources) await open(playedAt(source, startMs));
  await open(playedAt(opencostSource, startMs, 'prod-us-1'));
  await open(playedAt(auth0Source, startMs, 'us'));
  await open(playedFiles(startMs));
  const closing = opened.move();
  return { all, [Symbol.asyncDispose]: () => closing.disposeAsync() };
}

async function playedAt(source: SourceUnderTest, startMs: number, word?: string): Promise<Played> {
  const clock = { nowMs: startMs };
  const model = source.model(clock, word);
  const upstream = await Upstream.start(
    (request) => model.answer(request),
    () => clock.nowMs,
  );
  const settings = { ...source.settings(upstream.url, word), ...BUSY, ...ownSettings(source, startMs) };
  const name = word === undefined ? source.name : `${source.name}:${word}`;
  return { name, settings, clock, model, upstream, isContinuous: source === kubernetesSource };
}

/** Roles work on the same machine: what is slow is not away. */
const BUSY = { requestSeconds: 10 } as const;

function ownSettings({ name }: SourceUnderTest, startMs: number): Record<string, unknown> {
  if (name === 'kong') return { services: kongServices };
  return name === 'auth0' ? { since: formatDay(addDays(dayOf(startMs), -1)) } : {};
}

function playedFiles(startMs: number): Played {
  const clock = { nowMs: startMs };
  const folder = temporaryFolder();
  const model = new FocusFiles(clock, folder);
  return { name: 'focus-file', settings: { paths: [folder] }, clock, model, upstream: null, isContinuous: false };
}
