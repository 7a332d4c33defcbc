// An image brought onto the map's place: where the wall's tissue lies in each image is known from the motion correction.
// Beside the wall the movement of its nearest part goes over, within 15 mm, into that of the whole wall: only for the eye.

const NOWHERE = -32768;
const PARTS = 64; // of a pixel
const FADE_MM = 15;

/** The image as if the heart lay where the map shows it; null where the image has no outline. */
function corrected(image, wall, time, box, spacing) {
  const { flat, moved } = wall;
  const [top, left, rows, columns] = box;
  const count = flat.data.length;
  const down = moved.data.subarray(2 * time * count, (2 * time + 1) * count);
  const right = moved.data.subarray((2 * time + 1) * count, (2 * time + 2) * count);
  if (!count || down[0] === NOWHERE) return null;
  if (!wall.nearest) wall.nearest = nearestOnWall(wall, box, spacing);
  const mean = [average(down), average(right)];
  const out = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const place = row * columns + column;
      const part = wall.nearest.index[place];
      const share = Math.exp(-wall.nearest.distance[place] / FADE_MM);
      const shiftDown = (share * down[part] + (1 - share) * mean[0]) / PARTS;
      const shiftRight = (share * right[part] + (1 - share) * mean[1]) / PARTS;
      out[place] = sampled(image, rows, columns, row + shiftDown, column + shiftRight);
    }
  }
  return out;
}

function average(codes) {
  let sum = 0;
  for (const code of codes) sum += code;
  return sum / codes.length;
}

/** Per pixel of the box the nearest pixel of the wall and how far it is, mm. */
function nearestOnWall(wall, [top, left, rows, columns], [rowMm, columnMm]) {
  const index = new Uint32Array(rows * columns);
  const distance = new Float32Array(rows * columns);
  const own = Array.from(wall.flat.data, (flat) => [Math.floor(flat / wall.columns) - top, (flat % wall.columns) - left]);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let best = Infinity;
      let found = 0;
      for (let i = 0; i < own.length; i++) {
        const far = ((own[i][0] - row) * rowMm) ** 2 + ((own[i][1] - column) * columnMm) ** 2;
        if (far < best) {
          best = far;
          found = i;
        }
      }
      index[row * columns + column] = found;
      distance[row * columns + column] = Math.sqrt(best);
    }
  }
  return { index, distance };
}

function sampled(image, rows, columns, row, column) {
  const r = Math.min(Math.max(row, 0), rows - 1.001);
  const c = Math.min(Math.max(column, 0), columns - 1.001);
  const [r0, c0] = [Math.floor(r), Math.floor(c)];
  const [f, g] = [r - r0, c - c0];
  const at = r0 * columns + c0;
  const upper = (1 - g) * image[at] + g * image[at + 1];
  const lower = (1 - g) * image[at + columns] + g * image[at + columns + 1];
  return (1 - f) * upper + f * lower;
}
