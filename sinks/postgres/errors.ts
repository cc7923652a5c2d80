import { ApportionError } from '../../runtime/errors.ts';

export const SINK_FENCED = 'sink_fenced';

/** Another owner has taken the partition over. Nothing was written. */
export function sinkFenced(task: string): ApportionError {
  return new ApportionError(
    SINK_FENCED,
    `Another sink has taken over ${task}: its offset or epoch in sink_offset is not the one known here.`,
    'Nothing to do: the partition is given up, and its new owner goes on from what is committed.',
  );
}
