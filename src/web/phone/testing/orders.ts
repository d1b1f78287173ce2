/** All sequences of this length, with repetition. */
export function* orders(names: readonly string[], count: number): Generator<readonly string[]> {
  if (count === 0) {
    yield [];
    return;
  }
  for (const before of orders(names, count - 1)) {
    for (const name of names) {
      yield [...before, name];
    }
  }
}
