/**
 * Loaded into a process before anything else: its time of day is off by the milliseconds that stand in the file
 * `CLOCK_FILE`, which it reads when it starts and at each SIGUSR2. Timers and `performance.now()` go on as they did,
 * as they do when somebody sets the clock of a machine.
 */
import { readFileSync } from 'node:fs';

const file = process.env['CLOCK_FILE'] ?? '';
const RealDate = Date;
let offsetMs = readOffset();
process.on('SIGUSR2', () => {
  offsetMs = readOffset();
});

function readOffset(): number {
  return Number(readFileSync(file, 'utf8'));
}

function now(): number {
  return RealDate.now() + offsetMs;
}

globalThis.Date = new Proxy(RealDate, {
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
});
