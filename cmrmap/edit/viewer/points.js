// The insertion points of a slice: two directions about the ventricle's centre, shown just outside the epicardium.

const POINTS = { name: "insertion points", letters: ["A", "I"], colour: "#ff9f1c" };

const OUTSIDE = 15; // of the screen: the handles of the epicardium can be told from them

/** The middle of what a closed line of [row, column] points encloses. */
function middle(line) {
  let [area, row, column] = [0, 0, 0];
  line.forEach(([r1, c1], i) => {
    const [r2, c2] = line[(i + 1) % line.length];
    const cross = r1 * c2 - r2 * c1;
    area += cross;
    row += (r1 + r2) * cross;
    column += (c1 + c2) * cross;
  });
  return [row / (3 * area), column / (3 * area)];
}

/** The direction of a place about the middle of a line, rad, from columns towards rows. */
function angleAt(line, [row, column]) {
  const [r, c] = middle(line);
  return Math.atan2(row - r, column - c);
}

/** The place that lies in a direction, so many pixels outside the line. */
function placeAt(line, angle, outside) {
  const [r, c] = middle(line);
  const away = ([row, column]) => Math.abs(Math.atan2(Math.sin(Math.atan2(row - r, column - c) - angle), Math.cos(Math.atan2(row - r, column - c) - angle)));
  const nearest = line.reduce((best, point) => (away(point) < away(best) ? point : best));
  const radius = Math.hypot(nearest[0] - r, nearest[1] - c) + outside;
  return [r + radius * Math.sin(angle), c + radius * Math.cos(angle)];
}

/** A mark of a canvas: a disc with a letter. */
function drawPoint(pen, x, y, radius, letter, colour) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fillStyle = colour;
  pen.fill();
  pen.lineWidth = radius / 5;
  pen.strokeStyle = "#000";
  pen.stroke();
  pen.fillStyle = "#000";
  pen.font = `700 ${Math.round(1.5 * radius)}px sans-serif`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(letter, x, y + 0.08 * radius);
}
