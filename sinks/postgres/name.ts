/** The sink's name among processors: its consumer group, and what its dead letters say. */
export const PROCESSOR_NAME = 'postgres-sink';
