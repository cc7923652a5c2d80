/** Topic, partition. Waits for a transaction of an earlier owner that is still under way, and ends its ownership. */
export const takeOver = `
  INSERT INTO sink_offset AS held (topic, partition, epoch) VALUES ($1, $2, 1)
  ON CONFLICT (topic, partition) DO UPDATE SET epoch = held.epoch + 1
  RETURNING epoch, next_offset`;
