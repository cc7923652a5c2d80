/** A run whose processes, links, servers and disk can be harmed. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { StackAddresses } from '../../local/stack.ts';
import { kafkaClients } from '../../runtime/settings.ts';
import { killServer, startServer, stopServer } from '../integration/single-server.ts';
import { readPositions, writePositions } from './group-positions.ts';
import type { FaultInput } from './input.ts';
import { type Links, openLinks } from './links.ts';
import { type PipelineRun, withRun } from './pipeline-run.ts';
import type { NetworkProxy } from './proxy/network-proxy.ts';
import { type Fault, type Link, type RoleName, roleNames, type Scheduled } from './scenario.ts';
import { databaseOnSmallDisk, type SmallDisk } from './small-disk.ts';
import type { SupervisedRole } from './supervised-role.ts';

export type OwnStack = StackAddresses & { readonly dataFolder: string };

export interface DisturbedOptions {
  /** How many processes there are of each role, with one Kafka client and the other; `together` is one for all of them. */
  readonly processes: number | 'together';
  readonly variables?: Readonly<Record<string, string>>;
  /** Ends the input early, and the faults with it. */
  readonly signal?: AbortSignal;
}

/** Whether what should have gone wrong did: a cut for which nobody came by has done no harm. */
export type Inflicted = 'came' | 'missed';

/** How long a fault may take to come about. */
const HARM_LIMIT_MS = 90_000;
/** Between two pieces while a fault lasts, so that something is under way for all of that time. */
const TRICKLE_MS = 100;

type CutFault = Extract<Fault, { is: 'cut' }>;

export class DisturbedRun {
  readonly run: PipelineRun;
  readonly disk: SmallDisk;
  readonly #stack: OwnStack;
  readonly #members: ReadonlyMap<RoleName, readonly SupervisedRole[]>;
  readonly #links: ReadonlyMap<RoleName, Links>;

  constructor(
    run: PipelineRun,
    disk: SmallDisk,
    stack: OwnStack,
    members: ReadonlyMap<RoleName, readonly SupervisedRole[]>,
    links: ReadonlyMap<RoleName, Links>,
  ) {
    this.run = run;
    this.disk = disk;
    this.#stack = stack;
    this.#members = members;
    this.#links = links;
  }

  /** How often a process was started again. */
  get restarts(): number {
    return [...new Set([...this.#members.values()].flat())].reduce((sum, { kills }) => sum + kills, 0);
  }

  /**
   * Sends all of the input, with each fault when its share is acknowledged. They come one after the other; `tell` is
   * called after each.
   */
  async send(faults: readonly Scheduled[], tell: (scheduled: Scheduled, inflicted: Inflicted) => void): Promise<void> {
    await Promise.all([...new Set([...this.#members.values()].flat())].map((process) => process.untilLive()));
    for (const [index, scheduled] of faults.entries()) {
      await this.run.sendUntil(scheduled.at);
      if (this.run.isThrough) return;
      const to = faults[index + 1]?.at ?? 1;
      tell(scheduled, await this.#sendDuring(this.inflict(scheduled.fault), scheduled.at, to));
    }
    await this.run.sendUntil(1);
  }

  /** Resolves when the fault has come and what it harmed is whole again. */
  async inflict(fault: Fault): Promise<Inflicted> {
    switch (fault.is) {
      case 'cut':
        return this.#cut(fault);
      case 'kill at a step':
        return this.#killAt(fault);
      case 'kill':
        await this.#kill(this.#member(fault.role, fault.member), fault.isRepeated);
        return 'came';
      case 'pause': {
        const process = this.#member(fault.role, fault.member);
        process.pause();
        await sleep(fault.ms);
        process.wake();
        return 'came';
      }
      case 'clock step': {
        const process = this.#member(fault.role, fault.member);
        process.setClock(fault.stepMs);
        await sleep(fault.ms);
        process.setClock(0);
        return 'came';
      }
      case 'slow link': {
        const proxy = this.#proxy(fault.link);
        proxy.slow(fault);
        await sleep(fault.ms);
        proxy.slow(null);
        return 'came';
      }
      case 'stalled link': {
        const proxy = this.#proxy(fault.link);
        proxy.stall();
        await sleep(fault.ms);
        proxy.goOn();
        return 'came';
      }
      case 'rebalance storm':
        await this.#storm(fault.role, fault.leaving);
        return 'came';
      case 'server away':
        await oneAtATime(() => this.#takeAway(fault));
        return 'came';
      case 'lost positions':
        await this.#losePositions(fault);
        return 'came';
      case 'full disk':
        // On a server that stays: an error of the disk is to be met, not a server that is away.
        return oneAtATime(() => this.#fillDisk());
    }
  }

  /** Looks at servers that other runs have as well, while none of these takes one away. */
  undisturbed<T>(look: () => Promise<T>): Promise<T> {
    return oneAtATime(look);
  }

  /** Sends what comes before the next fault: a part at once, more while this one lasts, so that it has something to harm. */
  async #sendDuring(harm: Promise<Inflicted>, from: number, to: number): Promise<Inflicted> {
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    harm.then(over, over);
    await this.run.sendUntil(from + (to - from) / 4);
    while (!isOver && this.run.acknowledged < to && !this.run.isThrough) {
      await this.run.sendPiece();
      await sleep(TRICKLE_MS);
    }
    return harm;
  }

  async #cut(
    { role, step, where }: Pick<CutFault, 'role' | 'step' | 'where'>,
    strike?: () => void,
  ): Promise<Inflicted> {
    const proxy = this.#proxy({ role, server: step === 'COMMIT' ? 'postgres' : 'kafka' });
    proxy.cut(step, where, strike);
    const outcome = await came(() => proxy.isThrough());
    proxy.disarm();
    return outcome;
  }

  /** What they were about to ask is dealt with as in a cut: nobody is there any more to see how. */
  async #killAt(fault: Extract<Fault, { is: 'kill at a step' }>): Promise<Inflicted> {
    const processes = [...new Set(this.#members.get(fault.role))];
    const outcome = await this.#cut(fault, () => {
      for (const process of processes) process.kill();
    });
    await Promise.all(processes.map((process) => process.untilLive()));
    return outcome;
  }

  async #kill(process: SupervisedRole, isRepeated: boolean): Promise<void> {
    process.kill();
    if (isRepeated) {
      await process.untilSaid('that it starts', (line) => line.endsWith(' starts'));
      process.kill();
    }
    await process.untilLive();
  }

  async #storm(role: RoleName, leaving: readonly ('stop' | 'kill')[]): Promise<void> {
    const { env } = this.#linksOf(role);
    for (const how of leaving) {
      const guest = this.run.startWith(env, [role]);
      await guest.untilLive();
      await this.run.dismiss(guest, how);
    }
  }

  async #takeAway({ server, how, ms }: Extract<Fault, { is: 'server away' }>): Promise<void> {
    const { dataFolder } = this.#stack;
    await (how === 'kill' ? killServer : stopServer)(dataFolder, server);
    await sleep(ms);
    await startServer(dataFolder, server);
  }

  async #losePositions({ role, ms }: Extract<Fault, { is: 'lost positions' }>): Promise<void> {
    const positions = await oneAtATime(() => readPositions(this.run.world, role));
    await sleep(ms);
    const processes = [...new Set(this.#members.get(role))];
    await Promise.all(processes.map((process) => process.takeDown()));
    await oneAtATime(() => writePositions(this.run.world, role, positions));
    for (const process of processes) process.bringUp();
    await Promise.all(processes.map((process) => process.untilLive()));
  }

  /** Until the sink has met it. */
  async #fillDisk(): Promise<Inflicted> {
    let isMet = false;
    const listening = (this.#members.get('postgres-sink') ?? []).map((sink) =>
      sink.listen((line) => {
        isMet ||= line.includes('No space left on device');
      }),
    );
    await this.disk.fill();
    try {
      return await came(() => isMet);
    } finally {
      for (const end of listening) end();
      await this.disk.free();
    }
  }

  #member(role: RoleName, index: number): SupervisedRole {
    const members = this.#members.get(role) ?? [];
    const member = members[index % members.length];
    if (member === undefined) throw new Error(`there is no process of ${role}`);
    return member;
  }

  #proxy({ role, server }: Link): NetworkProxy {
    return this.#linksOf(role)[server];
  }

  #linksOf(role: RoleName): Links {
    const links = this.#links.get(role);
    if (links === undefined) throw new Error(`${role} has no links`);
    return links;
  }
}

/** Asks until it has, or too much time has passed. */
async function came(hasCome: () => boolean): Promise<Inflicted> {
  const endMs = Date.now() + HARM_LIMIT_MS;
  while (!hasCome()) {
    if (Date.now() > endMs) return 'missed';
    await sleep(20);
  }
  return 'came';
}

/** Processes of one role take turns in their Kafka clients, which may meet in one group. */
function clientOf(index: number): Readonly<Record<string, string>> {
  return { APPORTION_KAFKA_CLIENT: kafkaClients[index % kafkaClients.length] ?? '' };
}

/** Runs share servers: what happens to one happens to all, so it happens once at a time. */
let latest: Promise<unknown> = Promise.resolve();
function oneAtATime<T>(action: () => Promise<T>): Promise<T> {
  const turn = latest.then(action);
  latest = turn.catch(() => {});
  return turn;
}

/** Runs with a disk of its own, and a link for each role; all of it is gone when this returns. */
export async function withDisturbedRun<T>(
  stack: OwnStack,
  input: FaultInput,
  { processes, variables = {}, signal }: DisturbedOptions,
  action: (disturbed: DisturbedRun) => Promise<T>,
): Promise<T> {
  await using disk = await databaseOnSmallDisk(stack.databaseUrl);
  // Awaited here: the disk is there until the run has ended.
  return await withRun(
    stack,
    input,
    async (run) => {
      await using closing = new AsyncDisposableStack();
      const open = async (): Promise<Links> => closing.use(await openLinks(run.env));
      const links = new Map<RoleName, Links>();
      const members = new Map<RoleName, readonly SupervisedRole[]>();
      if (processes === 'together') {
        const shared = await open();
        const all = run.startWith(shared.env, roleNames);
        for (const role of roleNames) {
          links.set(role, shared);
          members.set(role, [all]);
        }
      } else {
        for (const role of roleNames) {
          const own = await open();
          links.set(role, own);
          members.set(
            role,
            Array.from({ length: processes }, (_, index) => run.startWith({ ...own.env, ...clientOf(index) }, [role])),
          );
        }
      }
      const result = await action(new DisturbedRun(run, disk, stack, members, links));
      // While their links are there.
      await run.stop();
      return result;
    },
    { variables, databaseUrl: disk.databaseUrl, signal },
  );
}
