// One slice on its canvas: the image in grey, the map in its colours, contours, the lit segment, cursor and region.

const ACCENT = "#ffd400";

class SliceView {
  /** `figure` holds the still picture that the canvas takes the place of. */
  constructor(figure, section, index) {
    this.section = section;
    this.index = index;
    this.caption = figure.querySelector(".state");
    this.canvas = element("canvas", { tabindex: "0", role: "img" });
    this.canvas.setAttribute("aria-label", `${section.map.title}, slice ${section.map.labels[index]}: arrow keys, Enter`);
    figure.querySelector("svg").replaceWith(this.canvas);
    const [row, column, halfMm] = section.map.views[index];
    this.middle = [row, column];
    this.halfMm = halfMm;
    this.spacing = section.map.spacing[index];
  }

  /** Half the shown width in mm: the heart's, or all that the page holds. */
  get half() {
    if (!this.section.state.wide) return this.halfMm;
    const [top, left, rows, columns] = this.section.map.box;
    const reach = (axis, start, length) =>
      Math.max(this.middle[axis] - start, start + length - this.middle[axis]) * this.spacing[axis];
    return Math.max(reach(0, top, rows), reach(1, left, columns));
  }

  /** The pixel of the image under a place of the canvas, as whole numbers or not. */
  pixelAt(x, y, whole = true) {
    const scale = this.canvas.clientWidth / (2 * this.half);
    const row = this.middle[0] + (y / scale - this.half) / this.spacing[0];
    const column = this.middle[1] + (x / scale - this.half) / this.spacing[1];
    return whole ? [Math.round(row), Math.round(column)] : [row, column];
  }

  paint() {
    const size = Math.max(Math.round(this.canvas.clientWidth * (window.devicePixelRatio || 1)), 1);
    if (this.canvas.height !== size) this.canvas.width = this.canvas.height = size; // 300 x 150 before
    const pen = this.canvas.getContext("2d");
    const scale = size / (2 * this.half);
    this.x = (column) => ((column - this.middle[1]) * this.spacing[1] + this.half) * scale;
    this.y = (row) => ((row - this.middle[0]) * this.spacing[0] + this.half) * scale;
    pen.fillStyle = "#000";
    pen.fillRect(0, 0, size, size);
    const { state } = this.section;
    this.layer(pen, this.section.grey(this.index), true);
    if (state.layer !== "images") this.layer(pen, this.section.coloured(this.index), false);
    const thick = size / 220;
    if (state.contours) {
      for (const line of this.section.contours(this.index)) {
        this.line(pen, line, "#000a", 2.2 * thick);
        this.line(pen, line, "#fff", thick);
      }
    }
    if (this.section.lights(this.index)) this.segment(pen, state.lit.aha, 1.6 * thick);
    if (state.region && state.region.slice === this.index) this.line(pen, state.region.points, "#35e0ff", 1.6 * thick);
    if (state.cursor && state.cursor.slice === this.index) this.cross(pen, state.cursor, thick);
    this.caption.textContent = this.section.imageWords(this.index);
  }

  layer(pen, picture, smooth) {
    if (!picture) return;
    const [top, left, rows, columns] = this.section.map.box;
    const still = element("canvas", { width: columns, height: rows });
    still.getContext("2d").putImageData(picture, 0, 0);
    pen.imageSmoothingEnabled = smooth;
    const [x, y] = [this.x(left - 0.5), this.y(top - 0.5)];
    pen.drawImage(still, x, y, this.x(left + columns - 0.5) - x, this.y(top + rows - 0.5) - y);
  }

  /** A closed line through [row, column] points. */
  line(pen, points, colour, thick) {
    pen.beginPath();
    for (const [row, column] of points) pen.lineTo(this.x(column), this.y(row));
    pen.closePath();
    pen.lineJoin = "round";
    pen.strokeStyle = colour;
    pen.lineWidth = thick;
    pen.stroke();
  }

  /** The edges of the segment's counted pixels. */
  segment(pen, aha, thick) {
    const [top, left, rows, columns] = this.section.map.box;
    const at = (row, column) => this.section.ahaAt(this.index, row, column) === aha;
    pen.beginPath();
    const edge = (r1, c1, r2, c2) => {
      pen.moveTo(this.x(c1 - 0.5), this.y(r1 - 0.5));
      pen.lineTo(this.x(c2 - 0.5), this.y(r2 - 0.5));
    };
    for (let row = top; row < top + rows; row++) {
      for (let column = left; column < left + columns; column++) {
        if (!at(row, column)) continue;
        if (!at(row - 1, column)) edge(row, column, row, column + 1);
        if (!at(row + 1, column)) edge(row + 1, column, row + 1, column + 1);
        if (!at(row, column - 1)) edge(row, column, row + 1, column);
        if (!at(row, column + 1)) edge(row, column + 1, row + 1, column + 1);
      }
    }
    pen.strokeStyle = ACCENT;
    pen.lineWidth = thick;
    pen.stroke();
  }

  cross(pen, { row, column }, thick) {
    const [x, y] = [this.x(column), this.y(row)];
    const arm = 7 * thick;
    for (const [colour, width] of [["#000", 3 * thick], [ACCENT, 1.4 * thick]]) {
      pen.beginPath();
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        pen.moveTo(x + dx * 2.5 * thick, y + dy * 2.5 * thick);
        pen.lineTo(x + dx * arm, y + dy * arm);
      }
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.stroke();
    }
  }
}
