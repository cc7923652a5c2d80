/** The value of a key, computed when it is asked for the first time. A value is never undefined. */
export function computeOnce<K, V>(known: Map<K, V>, key: K, compute: (key: K) => V): V {
  const found = known.get(key);
  if (found !== undefined) return found;
  const value = compute(key);
  known.set(key, value);
  return value;
}
