// A border that is moved by few handles: it keeps its form, and between two handles it moves as they do, smoothly.

const HANDLES = 10;

class Outline {
  /** `points` are [row, column] of a closed line, the last not the first again. */
  constructor(points) {
    this.points = points;
    const steps = points.map(([row, column], i) => {
      const [nextRow, nextColumn] = points[(i + 1) % points.length];
      return Math.hypot(nextRow - row, nextColumn - column);
    });
    this.total = steps.reduce((sum, step) => sum + step, 0);
    this.along = steps.map((_, i) => steps.slice(0, i).reduce((sum, step) => sum + step, 0));
    this.corners = Array.from({ length: HANDLES }, (_, k) => this.nearest((k * this.total) / HANDLES));
  }

  /** The point of the line that lies so far along it. */
  nearest(length) {
    const away = this.along.map((one) => Math.abs(one - length));
    return away.indexOf(Math.min(...away));
  }

  /** No handle is moved. */
  get still() {
    return this.corners.map(() => [0, 0]);
  }

  handle(k, shifts) {
    const [row, column] = this.points[this.corners[k]];
    return [row + shifts[k][0], column + shifts[k][1]];
  }

  /** The line with its handles moved by [rows, columns] each. */
  line(shifts) {
    return this.points.map((point, i) => {
      const [before, after, weight] = this.between(i);
      return [0, 1].map((axis) => point[axis] + (1 - weight) * shifts[before][axis] + weight * shifts[after][axis]);
    });
  }

  /** The handles on both sides of a point, and how much the later one moves it. */
  between(i) {
    let before = HANDLES - 1;
    for (let k = 0; k < HANDLES; k++) if (this.corners[k] <= i) before = k;
    const after = (before + 1) % HANDLES;
    const start = this.along[this.corners[before]];
    const span = (this.along[this.corners[after]] - start + this.total) % this.total || this.total;
    const share = Math.min(((this.along[i] - start + this.total) % this.total) / span, 1);
    return [before, after, share * share * (3 - 2 * share)];
  }

  /** The shifts that a line has which was made by `line`. */
  shiftsOf(line) {
    return this.corners.map((corner) => [0, 1].map((axis) => line[corner][axis] - this.points[corner][axis]));
  }
}
