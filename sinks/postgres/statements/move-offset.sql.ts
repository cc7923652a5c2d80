/** Topic, partition, epoch, start, end. No row is updated when another owner has taken over or moved on. */
export const moveOffset = {
  name: 'move_offset',
  text: `
    UPDATE sink_offset SET next_offset = $5, committed_at = now()
    WHERE topic = $1 AND partition = $2 AND epoch = $3 AND next_offset IS NOT DISTINCT FROM $4`,
};
