// The handles of one slice: drawn over its canvas, dragged with mouse or finger, moved by keys.

const BORDERS = { epicardium: "#ffffff", endocardium: "#7fe3ff" };
const CHOICES = [...Object.keys(BORDERS), POINTS.name]; // what E goes through
const REACH = { mouse: 11, touch: 24, pen: 16 };
const STEP = 0.5; // pixels of the image that an arrow key moves a handle by

class Handles {
  constructor(editor, section, view) {
    this.editor = editor;
    this.section = section;
    this.view = view;
    this.key = `${section.map.key}/${view.index}`;
    const paint = view.paint.bind(view);
    view.paint = () => {
      paint();
      if (this.shown) this.draw();
    };
    const layer = view.layer.bind(view);
    view.layer = (pen, picture, smooth) => this.inPlace(smooth, () => layer(pen, picture, smooth));
    const early = { capture: true };
    const { canvas } = view;
    // a finger on a handle drags it, elsewhere it scrolls the page
    canvas.addEventListener("touchstart", (event) => this.touch(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.press(event), early);
    canvas.addEventListener("pointermove", (event) => this.drag && this.move(event), early);
    canvas.addEventListener("pointerup", (event) => this.drag && this.release(event), early);
    canvas.addEventListener("pointercancel", () => (this.drag = null), early);
    canvas.addEventListener("keydown", (event) => this.press_key(event), early);
  }

  get shown() {
    return this.editor.editing.has(this.section.map.key) && this.key in this.editor.slices;
  }

  get slice() {
    return this.editor.slices[this.key];
  }

  /** The change that is shown: what is dragged now, else what is changed. */
  get change() {
    return this.draft || this.editor.changeOf(this.key);
  }

  get selected() {
    const { selected } = this.editor;
    return selected && selected.key === this.key ? selected : null;
  }

  outline(border) {
    return this.slice.outlines[this.change.base][border];
  }

  /** The map lies on an image of its own choice; here its colours are drawn where the heart lies in the image that is edited. */
  inPlace(smooth, draw) {
    if (smooth || !this.shown) return draw();
    const { view, section } = this;
    const [from, to] = [section.images.reference[view.index], this.slice.time].map((time) => this.centre(time));
    if (!from || !to) return draw();
    const { x, y } = view;
    view.x = (column) => x(column + to[1] - from[1]);
    view.y = (row) => y(row + to[0] - from[0]);
    draw();
    Object.assign(view, { x, y });
  }

  centre(time) {
    const [outer] = time < 0 ? [] : this.section.pixels.contours(this.view.index, time);
    if (!outer) return null;
    return [0, 1].map((axis) => outer.reduce((sum, point) => sum + point[axis], 0) / outer.length);
  }

  draw() {
    const { view } = this;
    const pen = view.canvas.getContext("2d");
    const thick = view.canvas.width / 220;
    const radius = Math.max(2.4 * thick, 4 * (window.devicePixelRatio || 1));
    for (const [border, colour] of Object.entries(BORDERS)) {
      const outline = this.outline(border);
      const shifts = this.change[border];
      const line = outline.line(shifts);
      view.line(pen, line, "#000c", 2.6 * thick);
      view.line(pen, line, colour, 1.2 * thick);
      for (let k = 0; k < HANDLES; k++) {
        const [row, column] = outline.handle(k, shifts);
        const on = this.selected && this.selected.border === border && this.selected.handle === k;
        pen.beginPath();
        pen.arc(view.x(column), view.y(row), on ? 1.5 * radius : radius, 0, 2 * Math.PI);
        pen.fillStyle = on ? ACCENT : colour;
        pen.fill();
        pen.lineWidth = thick;
        pen.strokeStyle = "#000";
        pen.stroke();
      }
    }
    this.points().forEach(([row, column], k) => {
      const on = this.selected && this.selected.border === POINTS.name && this.selected.handle === k;
      const size = (on ? 1.9 : 1.5) * radius;
      drawPoint(pen, view.x(column), view.y(row), size, POINTS.letters[k], on ? ACCENT : POINTS.colour);
    });
  }

  /** The epicardium as it is shown. */
  get outer() {
    return this.outline("epicardium").line(this.change.epicardium);
  }

  /** Where the insertion points are shown, [row, column] of the anterior and the inferior one; none where nobody knows. */
  points() {
    const angles = this.editor.anglesOf(this.key, this.change);
    const outside = (OUTSIDE * 2 * this.view.half) / this.view.canvas.clientWidth / this.view.spacing[1];
    return angles ? angles.map((angle) => placeAt(this.outer, angle, outside)) : [];
  }

  /** Every handle of the slice, [border, handle, [row, column]]. */
  places() {
    const of = (border) => (_, k) => [border, k, this.outline(border).handle(k, this.change[border])];
    const borders = Object.keys(BORDERS).flatMap((border) => Array.from({ length: HANDLES }, of(border)));
    return [...borders, ...this.points().map((place, k) => [POINTS.name, k, place])];
  }

  touch(event) {
    const [finger] = event.touches;
    const box = this.view.canvas.getBoundingClientRect();
    const place = { offsetX: finger.clientX - box.x, offsetY: finger.clientY - box.y, pointerType: "touch" };
    if (this.shown && this.hit(place)) event.preventDefault();
  }

  /** The handle under a place of the canvas, {border, handle}; null where there is none. */
  hit(event) {
    const { view } = this;
    const ratio = view.canvas.width / view.canvas.clientWidth;
    let [best, found] = [REACH[event.pointerType] || REACH.mouse, null];
    for (const [border, handle, [row, column]] of this.places()) {
      const away = Math.hypot(view.x(column) / ratio - event.offsetX, view.y(row) / ratio - event.offsetY);
      if (away < best) [best, found] = [away, { border, handle }];
    }
    return found;
  }

  press(event) {
    if (!this.shown || event.button !== 0) return;
    const found = this.hit(event);
    if (!found) return;
    event.stopImmediatePropagation();
    event.preventDefault();
    this.view.canvas.focus({ preventScroll: true });
    this.view.canvas.setPointerCapture(event.pointerId);
    this.editor.select({ key: this.key, ...found });
    const place = this.view.pixelAt(event.offsetX, event.offsetY, false);
    this.drag = { ...found, place, whole: event.shiftKey, first: structuredClone(this.change), start: this.points() };
  }

  move(event) {
    event.stopImmediatePropagation();
    const [row, column] = this.view.pixelAt(event.offsetX, event.offsetY, false);
    const by = [row - this.drag.place[0], column - this.drag.place[1]];
    this.draft = this.moved(this.drag.first, this.drag.border, this.drag.whole ? null : this.drag.handle, by);
    this.view.paint();
  }

  release(event) {
    event.stopImmediatePropagation();
    const { draft } = this;
    this.drag = this.draft = null;
    if (draft) this.editor.change(this.key, draft);
    else this.editor.catchUp();
  }

  press_key(event) {
    if (!this.shown || event.ctrlKey || event.metaKey || event.altKey) return;
    const arrows = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const now = this.selected;
    if (event.key === "]" || event.key === "[") {
      const count = now && now.border === POINTS.name ? 2 : HANDLES;
      const next = now ? (now.handle + (event.key === "]" ? 1 : count - 1)) % count : 0;
      this.editor.select({ key: this.key, border: now ? now.border : "epicardium", handle: next });
    } else if (event.key.toLowerCase() === "e") {
      const choices = this.points().length ? CHOICES : Object.keys(BORDERS);
      const other = choices[(choices.indexOf(now ? now.border : "endocardium") + 1) % choices.length];
      this.editor.select({ key: this.key, border: other, handle: now && other !== POINTS.name ? now.handle : 0 });
    } else if (arrows[event.key] && now) {
      const by = arrows[event.key].map((one) => one * STEP);
      const change = this.moved(this.change, now.border, event.shiftKey ? null : now.handle, by);
      this.editor.change(this.key, change, true);
    } else if (event.key === "Escape" && now) {
      this.editor.select(null);
    } else return;
    event.stopImmediatePropagation();
    event.preventDefault();
  }

  /** A change with a handle moved on by [rows, columns]; both or all of them (null). */
  moved(change, border, handle, by) {
    if (border !== POINTS.name) return moved(change, border, handle, by);
    const from = this.drag ? this.drag.start : this.points();
    const angles = from.map((place, k) =>
      handle === null || k === handle
        ? angleAt(this.outer, [place[0] + by[0], place[1] + by[1]])
        : this.editor.anglesOf(this.key, change)[k],
    );
    return { ...change, marks: { ...(change.marks || this.editor.marked[this.key].start), insertion_angles: angles } };
  }
}

/** A change with one handle of a border moved on, or with all of them (null). */
function moved(change, border, handle, by) {
  const shifts = change[border].map((shift, k) =>
    handle === null || k === handle ? [shift[0] + by[0], shift[1] + by[1]] : shift,
  );
  return { ...change, [border]: shifts, sent: { ...change.sent, [border]: null } };
}
