/** One mishap after exactly so many steps of an otherwise quiet run. */
import type { History } from './history.ts';
import { Pipeline } from './pipeline.ts';

/** What happens to the members of one processor, whose first is `members[first]`. */
export type Accident = (pipeline: Pipeline, first: number) => void;

/** Everything in memory is lost, the transaction stays open. */
export const crash: Accident = ({ members }, first) => members[first]?.crash();

/** Another member takes over while the first still believes that it owns everything. */
export const takeOver: Accident = ({ members }, first) => {
  const [owner, heir] = [members[first], members[first + 1]];
  heir?.rebalance(() => true);
  for (let step = 0; step < 12; step++) heir?.step();
  // What the first has in flight can be written no more.
  for (let step = 0; step < 3; step++) owner?.step(step);
  owner?.rebalance(() => false);
};

/**
 * Sends the inputs one by one, with all steps that come of each, and has the accident happen after `steps` steps. Gives
 * the pipeline at rest and the number of steps it took.
 */
export function runWith(
  history: History,
  steps: number,
  happen: (pipeline: Pipeline) => void,
): { pipeline: Pipeline; steps: number } {
  const pipeline = new Pipeline(history);
  let taken = 0;
  const step = (member: Pipeline['members'][number]): boolean => {
    if (member.step() === null) return false;
    taken++;
    if (taken === steps) happen(pipeline);
    return true;
  };
  while (pipeline.unsent > 0) {
    pipeline.send(1);
    // Shorter than the interval of a day, so that some of them have to wait.
    pipeline.cluster.nowMs += 400;
    while (pipeline.members.map(step).includes(true));
  }
  pipeline.finish();
  return { pipeline, steps: taken };
}
