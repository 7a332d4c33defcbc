// The handles of one slice: drawn over its canvas, dragged with mouse or finger, moved by keys.

const BORDERS = { epicardium: "#ffffff", endocardium: "#7fe3ff" };
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
  }

  /** The handle under a place of the canvas, {border, handle}; null where there is none. */
  hit(event) {
    const { view } = this;
    const ratio = view.canvas.width / view.canvas.clientWidth;
    let [best, found] = [REACH[event.pointerType] || REACH.mouse, null];
    for (const border of Object.keys(BORDERS)) {
      for (let k = 0; k < HANDLES; k++) {
        const [row, column] = this.outline(border).handle(k, this.change[border]);
        const away = Math.hypot(view.x(column) / ratio - event.offsetX, view.y(row) / ratio - event.offsetY);
        if (away < best) [best, found] = [away, { border, handle: k }];
      }
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
    this.drag = { ...found, place, whole: event.shiftKey, first: structuredClone(this.change) };
  }

  move(event) {
    event.stopImmediatePropagation();
    const [row, column] = this.view.pixelAt(event.offsetX, event.offsetY, false);
    const by = [row - this.drag.place[0], column - this.drag.place[1]];
    this.draft = moved(this.drag.first, this.drag.border, this.drag.whole ? null : this.drag.handle, by);
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
      const next = now ? (now.handle + (event.key === "]" ? 1 : HANDLES - 1)) % HANDLES : 0;
      this.editor.select({ key: this.key, border: now ? now.border : "epicardium", handle: next });
    } else if (event.key.toLowerCase() === "e") {
      const other = now && now.border === "epicardium" ? "endocardium" : "epicardium";
      this.editor.select({ key: this.key, border: other, handle: now ? now.handle : 0 });
    } else if (arrows[event.key] && now) {
      const by = arrows[event.key].map((one) => one * STEP);
      this.editor.change(this.key, moved(this.change, now.border, event.shiftKey ? null : now.handle, by), true);
    } else if (event.key === "Escape" && now) {
      this.editor.select(null);
    } else return;
    event.stopImmediatePropagation();
    event.preventDefault();
  }
}

/** A change with one handle of a border moved on, or with all of them (null). */
function moved(change, border, handle, by) {
  const shifts = change[border].map((shift, k) =>
    handle === null || k === handle ? [shift[0] + by[0], shift[1] + by[1]] : shift,
  );
  return { ...change, [border]: shifts };
}
