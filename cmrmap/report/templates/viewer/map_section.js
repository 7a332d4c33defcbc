// One map of the report: what is shown of it now, and what its canvases draw.

class MapSection {
  constructor(root, map, maps) {
    this.root = root;
    this.map = map;
    this.pixels = new MapPixels(map, maps);
    this.table = Uint8Array.from(atob(map.colours), (letter) => letter.charCodeAt(0));
    this.state = { layer: "map", contours: true, wide: false, whole: false, tool: "pixel", time: 0, corrected: false };
    Object.assign(this.state, { cursor: null, region: null, lit: null });
    this.windows = { map: [map.low, map.high], sd: [...map.sd_window], images: [0, 1] };
    this.usual = JSON.parse(JSON.stringify(this.windows));
  }

  async start() {
    await this.pixels.load();
    this.images = this.pixels.source.images;
    this.usual.images = this.spread(this.pixels.images.data, 7);
    this.windows.images = [...this.usual.images];
    this.base = {};
    const figures = [...this.root.querySelectorAll("figure[data-slice]")];
    this.views = figures.map((figure) => new SliceView(figure, this, Number(figure.dataset.slice)));
    this.state.time = Math.max(this.images.reference[this.views[0].index], 0);
    this.controls = new Controls(this);
    new ResizeObserver(() => this.paint()).observe(this.root.querySelector(".slices"));
    this.paint();
    this.root.classList.add("ready");
  }

  paint() {
    for (const view of this.views) view.paint();
    this.controls.show();
  }

  get decimals() {
    return this.state.layer === "images" ? 0 : this.map.decimals;
  }

  /** The 1st and 99th percentile of every n-th value. */
  spread(values, step) {
    const some = [];
    for (let i = 0; i < values.length; i += step) if (Number.isFinite(values[i])) some.push(values[i]);
    some.sort((one, other) => one - other);
    return [some[Math.floor(0.01 * some.length)] || 0, some[Math.floor(0.99 * some.length)] || 1];
  }

  /** The weighted image behind the map, or the chosen one. */
  grey(slice) {
    if (this.state.layer !== "images") {
      if (!this.base[slice]) {
        const image = this.pixels.image(slice, Math.max(this.images.reference[slice], 0));
        this.base[slice] = this.greyPicture(image, this.spread(image, 1));
      }
      return this.base[slice];
    }
    return this.greyPicture(this.shownImage(slice), this.windows.images);
  }

  shownImage(slice) {
    const image = this.pixels.image(slice, this.state.time);
    if (!this.state.corrected) return image;
    const wall = this.pixels.walls[slice];
    return corrected(image, wall, this.state.time, this.map.box, this.map.spacing[slice]) || image;
  }

  greyPicture(image, [low, high]) {
    const [, , rows, columns] = this.map.box;
    const out = new ImageData(columns, rows);
    for (let i = 0; i < image.length; i++) {
      const shade = (255 * (image[i] - low)) / Math.max(high - low, 1e-9);
      out.data.set([shade, shade, shade, 255], 4 * i);
    }
    return out;
  }

  /** The map, or its standard deviation, in colours; see-through where there is no value. */
  coloured(slice) {
    const [low, high] = this.windows[this.state.layer];
    const [, , rows, columns] = this.map.box;
    const out = new ImageData(columns, rows);
    const start = slice * rows * columns;
    for (let i = 0; i < rows * columns; i++) {
      const value = this.pixels.shown(this.state.layer, start + i, this.state.whole);
      if (!Number.isFinite(value)) continue;
      const share = Math.min(Math.max((value - low) / Math.max(high - low, 1e-9), 0), 1);
      const entry = 3 * Math.round(255 * share);
      out.data.set([this.table[entry], this.table[entry + 1], this.table[entry + 2], 255], 4 * i);
    }
    return out;
  }

  /** Contours of what is shown: of the map's place, or of the image as it was acquired. */
  contours(slice) {
    const reference = this.images.reference[slice];
    const own = this.state.layer === "images" && !this.state.corrected;
    return this.pixels.contours(slice, own ? this.state.time : reference);
  }

  imageWords(slice) {
    if (this.state.layer !== "images") return "";
    const { times, uses } = this.images;
    if (!this.pixels.source.fits) return "scanner's map";
    const words = [timeWords(times[slice][this.state.time]), USES[uses[slice][this.state.time]]];
    const first = this.pixels.walls[slice].moved;
    const count = this.pixels.walls[slice].flat.data.length;
    const unmoved = !count || first.data[2 * this.state.time * count] === NOWHERE;
    if (this.state.corrected && unmoved) words.push("not corrected");
    return [...new Set(words.filter(Boolean))].join(", ");
  }

  ahaAt(slice, row, column) {
    return this.pixels.at(this.pixels.aha, slice, row, column);
  }

  lights(slice) {
    const { lit } = this.state;
    return lit && (lit.slice === null || lit.slice === slice);
  }

  /** Light a segment on the slices, in the bull's-eye and in the tables; `slice` null: in all of them; 0: none. */
  light(aha, slice = null) {
    const lit = aha ? { aha, slice } : null;
    if (JSON.stringify(lit) === JSON.stringify(this.state.lit)) return;
    this.state.lit = lit;
    for (const one of this.root.querySelectorAll("[data-aha]")) {
      const own = one.dataset.slice === undefined || slice === null || Number(one.dataset.slice) === slice;
      one.classList.toggle("lit", Boolean(aha) && Number(one.dataset.aha) === aha && own);
    }
    // above the other wedges, whose edges would cover its own
    const wedge = lit && this.root.querySelector(`.bullseye g[data-aha="${aha}"] polygon`);
    this.root.querySelector(".halo").setAttribute("points", wedge ? wedge.getAttribute("points") : "");
    for (const view of this.views) view.paint();
  }

  /** The value of the shown layer at a pixel; `image` where the shown one is at hand already. */
  valueAt(slice, row, column, image = null) {
    const { layer, whole } = this.state;
    if (layer !== "images") return this.pixels.shown(layer, this.pixels.place(slice, row, column), whole);
    const place = this.pixels.place(0, row, column);
    return place < 0 ? NaN : (image || this.shownImage(slice))[place];
  }

  readWords(slice, row, column) {
    const { map, state } = this;
    const words = [`slice ${map.labels[slice]}, row ${row}, column ${column}`];
    const aha = this.ahaAt(slice, row, column);
    if (aha && !(state.layer === "images" && !state.corrected)) words.push(segmentWords(aha));
    if (state.layer === "images") {
      words.push(`signal ${short(this.valueAt(slice, row, column))}`);
    } else {
      const place = this.pixels.place(slice, row, column);
      const [value, sd] = ["map", "sd"].map((layer) => this.pixels.shown(layer, place, state.whole));
      words.push(withSd(value, sd, map.decimals, map.unit));
    }
    return words.join(" · ");
  }

  regionWords() {
    const { slice, points } = this.state.region;
    const [top, left, rows, columns] = this.map.box;
    // an image is brought into place once, not for every pixel of the region
    const image = this.state.layer === "images" ? this.shownImage(slice) : null;
    const { n, mean, sd } = regionStatistics(points, top + rows, left + columns, (row, column) =>
      this.valueAt(slice, row, column, image),
    );
    if (!n) return `Region on slice ${this.map.labels[slice]}: no pixel with a value.`;
    const counted = regionStatistics(points, top + rows, left + columns, (row, column) =>
      this.ahaAt(slice, row, column) ? 1 : NaN,
    ).n;
    const signal = this.state.layer === "images";
    const what = signal ? "signal" : this.state.layer === "sd" ? `SD of ${this.map.title}` : this.map.title;
    const digits = signal ? 0 : this.map.decimals + 1;
    const unit = signal ? "" : ` ${this.map.unit}`;
    const area = n * this.map.spacing[slice][0] * this.map.spacing[slice][1];
    const among = signal ? "" : `; the report's means include ${counted} of them`;
    return (
      `Region on slice ${this.map.labels[slice]}: ${what} mean ${fixed(mean, digits)}${unit}, SD ${fixed(sd, digits)}` +
      `${unit}, ${n} pixels (${area.toFixed(0)} mm²)${among}.`
    );
  }

  choose(cursor) {
    this.state.cursor = cursor;
    const { layer, corrected: still } = this.state;
    const box = this.root.querySelector(".why");
    const acquired = layer === "images" && !still;
    const words = "Choose pixels on the map or on the motion-corrected images: on this image the heart is at another position.";
    box.replaceChildren(...(acquired ? [element("p", { class: "soft" }, words)] : explanation(this.pixels, cursor)));
    box.hidden = false;
    this.paint();
  }
}
