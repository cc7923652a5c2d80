import { setTimeout as sleep } from 'node:timers/promises';

const EVERY_MS = 500;

/**
 * Waits while a member of a consumer group stays one: the heartbeat goes on. Throws what the heartbeat throws, when the
 * group is being rebalanced say; what was waited for is then left alone.
 */
export async function keepAlive(awaited: Promise<void>, heartbeat: () => Promise<void>): Promise<void> {
  let isDone = false;
  const done = awaited.finally(() => {
    isDone = true;
  });
  done.catch(() => {});
  while (!isDone) {
    await Promise.race([done, sleep(EVERY_MS, undefined, { ref: false })]);
    if (!isDone) await heartbeat();
  }
  await done;
}
