-- How far the sink has come in each partition. It moves in the transaction that writes the rows, from the offset and
-- the epoch that the writer knows, so only one owner of a partition can ever write what lies between two offsets.
CREATE TABLE sink_offset (
  topic text COLLATE "C" NOT NULL,
  partition integer NOT NULL,
  -- Null until something was committed.
  next_offset bigint,
  -- Rises with each owner, so an earlier owner can write nothing more once another has taken the partition over.
  epoch bigint NOT NULL,
  committed_at timestamptz,
  PRIMARY KEY (topic, partition)
);
