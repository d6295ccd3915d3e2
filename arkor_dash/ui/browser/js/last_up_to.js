// The last index whose position is at most `at`; -1 if there is none. The positions do not decrease.
function lastUpTo(positions, at) {
  let [low, high] = [0, positions.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (positions[middle] <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
