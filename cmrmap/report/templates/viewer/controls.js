// How a map's slices are worked with: buttons, mouse, touch and keys.

class Controls {
  constructor(section) {
    this.section = section;
    this.root = section.root;
    this.find = (selector) => this.root.querySelector(selector);
    this.find(".tools").hidden = false;
    this.find(".low").addEventListener("change", () => this.setWindow());
    this.find(".high").addEventListener("change", () => this.setWindow());
    this.find(".usual").addEventListener("click", () => this.usualWindow());
    this.find(".play").addEventListener("click", () => this.play());
    this.find(".time").addEventListener("input", (event) => this.change({ time: Number(event.target.value) }));
    this.find(".time").max = section.pixels.images.shape[1] - 1;
    this.find(".whole").parentElement.hidden = !section.pixels.field;
    for (const name of ["contours", "wide", "whole", "corrected"]) {
      this.find(`.${name}`).addEventListener("change", (event) => this.change({ [name]: event.target.checked }));
    }
    for (const name of ["layer", "tool"]) {
      for (const one of this.root.querySelectorAll(`input[data-of=${name}]`)) {
        one.addEventListener("change", () => this.change({ [name]: one.value }));
      }
    }
    for (const one of this.root.querySelectorAll("[data-aha]")) this.lightsUp(one);
    this.find("input[data-of=layer][value=sd]").disabled = !section.pixels.hasSd;
    for (const view of section.views) this.canvas(view);
  }

  get state() {
    return this.section.state;
  }

  change(parts) {
    Object.assign(this.state, parts);
    if (this.playing && this.state.layer !== "images") this.play();
    this.section.paint();
  }

  /** Bring the buttons to what is shown. */
  show() {
    const { state, section } = this;
    for (const name of ["contours", "wide", "whole", "corrected"]) this.find(`.${name}`).checked = state[name];
    for (const name of ["layer", "tool"]) this.find(`input[data-of=${name}][value=${state[name]}]`).checked = true;
    const [low, high] = section.windows[state.layer];
    this.find(".low").value = low.toFixed(section.decimals);
    this.find(".high").value = high.toFixed(section.decimals);
    this.find(".stack").hidden = state.layer !== "images";
    this.find(".time").value = state.time;
    this.find(".number").textContent = `image ${state.time + 1} of ${section.pixels.images.shape[1]}`;
    this.find(".region").textContent = state.region ? section.regionWords() : "";
    this.root.dataset.layer = state.layer;
    this.root.dataset.tool = state.tool;
    const ticks = this.root.querySelectorAll(".scale-value");
    const values = Array.from(ticks, (_, i) => low + ((high - low) * i) / (ticks.length - 1));
    const digits = values.every((one) => Math.abs(one - Math.round(one)) < 0.05) ? 0 : 1; // 48 would not stand at 48.3
    ticks.forEach((tick, i) => (tick.textContent = fixed(values[i], digits)));
  }

  setWindow() {
    const [low, high] = [Number(this.find(".low").value), Number(this.find(".high").value)];
    if (Number.isFinite(low) && high > low) this.section.windows[this.state.layer] = [low, high];
    this.section.paint();
  }

  usualWindow() {
    this.section.windows[this.state.layer] = [...this.section.usual[this.state.layer]];
    this.section.paint();
  }

  step(by) {
    const count = this.section.pixels.images.shape[1];
    this.change({ layer: "images", time: (this.state.time + by + count) % count });
  }

  play() {
    const stop = this.playing;
    clearInterval(stop);
    this.playing = stop ? 0 : setInterval(() => this.step(1), 250);
    this.find(".play").textContent = stop ? "▶ play" : "❚❚ stop";
  }

  lightsUp(one) {
    const slice = one.dataset.slice === undefined ? null : Number(one.dataset.slice);
    const on = () => this.section.light(Number(one.dataset.aha), slice);
    const off = () => this.section.light(0);
    for (const event of ["mouseenter", "focus"]) one.addEventListener(event, on);
    for (const event of ["mouseleave", "blur"]) one.addEventListener(event, off);
  }

  canvas(view) {
    const { canvas } = view;
    canvas.addEventListener("pointermove", (event) => this.move(view, event));
    canvas.addEventListener("pointerdown", (event) => this.press(view, event));
    canvas.addEventListener("pointerup", (event) => this.release(view, event));
    canvas.addEventListener("pointercancel", () => (this.drag = null));
    canvas.addEventListener("pointerleave", () => this.section.light(0));
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("keydown", (event) => this.key(view, event));
  }

  press(view, event) {
    const place = view.pixelAt(event.offsetX, event.offsetY, false);
    const windowing = event.button === 2 || event.shiftKey;
    this.drag = { windowing, start: place, points: [place], x: event.clientX, y: event.clientY };
    this.drag.window = [...this.section.windows[this.state.layer]];
    view.canvas.setPointerCapture(event.pointerId);
  }

  move(view, event) {
    const { drag, section, state } = this;
    const [row, column] = view.pixelAt(event.offsetX, event.offsetY);
    if (!drag) {
      this.find(".readout").textContent = section.readWords(view.index, row, column);
      if (state.layer !== "images" || state.corrected) section.light(section.ahaAt(view.index, row, column) || 0, null);
      return;
    }
    if (drag.windowing) {
      const [low, high] = drag.window;
      const part = (high - low) / 200;
      const middle = (low + high) / 2 + part * (event.clientY - drag.y);
      const half = Math.max((high - low) / 2 + part * (event.clientX - drag.x), part);
      section.windows[state.layer] = [middle - half, middle + half];
      section.paint();
    } else if (state.tool !== "pixel") {
      const place = view.pixelAt(event.offsetX, event.offsetY, false);
      drag.points.push(place);
      const points = state.tool === "ellipse" ? ellipse(drag.start, place) : drag.points;
      this.change({ region: { slice: view.index, points } });
    }
  }

  release(view, event) {
    const { drag } = this;
    this.drag = null;
    if (!drag || drag.windowing || this.state.tool !== "pixel") return;
    const [row, column] = view.pixelAt(event.offsetX, event.offsetY);
    this.section.choose({ slice: view.index, row, column });
  }

  /** Keys on a slice; docs/how-to/read-the-report.md lists them. */
  key(view, event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { state, section } = this;
    const far = event.shiftKey ? 5 : 1;
    const arrows = { ArrowUp: [-far, 0], ArrowDown: [far, 0], ArrowLeft: [0, -far], ArrowRight: [0, far] };
    const layers = { m: "map", s: "sd", i: "images" };
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (arrows[name]) this.walk(view, arrows[name]);
    else if (name === "Enter" && state.cursor) section.choose({ ...state.cursor, slice: view.index });
    else if (name === "s" && !section.pixels.hasSd) return;
    else if (layers[name]) this.change({ layer: layers[name] });
    else if (name === "c") this.change({ contours: !state.contours });
    else if (name === "w") this.change({ wide: !state.wide });
    else if (name === "f" && section.pixels.field) this.change({ whole: !state.whole });
    else if (name === "k") this.change({ corrected: !state.corrected });
    else if (name === "r") this.usualWindow();
    else if (name === "p") (this.change({ layer: "images" }), this.play());
    else if (name === "," || name === ".") this.step(name === "." ? 1 : -1);
    else if (name === "o" && state.cursor) this.circle(view);
    else if (name === "Escape") (section.light(0), this.change({ region: null, cursor: null }));
    else return;
    event.preventDefault();
  }

  walk(view, [down, right]) {
    const { state, section } = this;
    const own = state.cursor && state.cursor.slice === view.index;
    const [row, column] = own ? [state.cursor.row, state.cursor.column] : view.middle.map(Math.round);
    this.change({ cursor: { slice: view.index, row: row + down, column: column + right } });
    this.find(".readout").textContent = section.readWords(view.index, row + down, column + right);
    section.light(section.ahaAt(view.index, row + down, column + right) || 0, null);
  }

  /** A circle of 10 mm about the cursor, for those who work by keys. */
  circle(view) {
    const { row, column } = this.state.cursor;
    const [down, right] = view.spacing.map((step) => 5 / step);
    const points = ellipse([row - down, column - right], [row + down, column + right]);
    this.change({ region: { slice: view.index, points } });
  }
}
