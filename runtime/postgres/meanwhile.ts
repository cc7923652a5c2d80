/**
 * Does work of this process while Postgres is at a query that has been sent, instead of one waiting for the other.
 * Throws what either throws.
 */
export function meanwhile<A, B>(query: Promise<A>, work: () => B): Promise<[A, B]> {
  const worked = async (): Promise<B> => work();
  return Promise.all([query, worked()]);
}
