// A drawn region: which pixels it holds, and their mean, SD and number.

/** Whether a point lies in a closed polygon of [row, column] points (even-odd rule). */
function inside(polygon, row, column) {
  let within = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [r1, c1] = polygon[i];
    const [r2, c2] = polygon[j];
    if (r1 > row !== r2 > row && column < ((c2 - c1) * (row - r1)) / (r2 - r1) + c1) within = !within;
  }
  return within;
}

/** Points of the ellipse in the box of two corners. */
function ellipse([r1, c1], [r2, c2]) {
  const points = [];
  for (let step = 0; step < 64; step++) {
    const angle = (2 * Math.PI * step) / 64;
    points.push([
      (r1 + r2) / 2 + (Math.abs(r2 - r1) / 2) * Math.sin(angle),
      (c1 + c2) / 2 + (Math.abs(c2 - c1) / 2) * Math.cos(angle),
    ]);
  }
  return points;
}

/** Mean, SD (divisor n - 1) and number of the finite values whose pixel's middle lies in the polygon. */
function regionStatistics(polygon, rows, columns, value) {
  const found = [];
  const [top, bottom] = span(polygon, 0, rows);
  const [left, right] = span(polygon, 1, columns);
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      if (!inside(polygon, row, column)) continue;
      const one = value(row, column);
      if (Number.isFinite(one)) found.push(one);
    }
  }
  const mean = found.reduce((sum, one) => sum + one, 0) / found.length;
  const squares = found.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  return { n: found.length, mean, sd: found.length > 1 ? Math.sqrt(squares / (found.length - 1)) : NaN };
}

function span(polygon, axis, length) {
  const places = polygon.map((point) => point[axis]);
  return [Math.max(Math.ceil(Math.min(...places)), 0), Math.min(Math.floor(Math.max(...places)), length - 1)];
}
