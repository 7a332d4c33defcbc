// What is edited: which slices are changed and how, what is asked of the program, and the page brought up to date.

const DRAWING = "the means are new; drawing the page ...";

class Editor {
  constructor(data) {
    this.slices = {};
    for (const [map, slices] of Object.entries(data.slices)) {
      for (const [index, slice] of Object.entries(slices)) this.slices[`${map}/${index}`] = this.prepared(map, index, slice);
    }
    this.marked = {};
    for (const [map, slices] of Object.entries(data.marks)) {
      for (const [index, one] of Object.entries(slices)) this.marked[`${map}/${index}`] = { ...one, map, index: Number(index) };
    }
    this.closed = data.closed;
    this.points = data.points;
    this.panels = new Map();
    this.unfolded = new Set();
    this.editing = new Set();
    this.selected = null;
    this.html = {};
    this.handles = [];
    this.told = { rows: data.rows, unsaved: data.unsaved, saved: "", fault: "", busy: "" };
    this.steps = new Steps(this.read(data.edits));
    this.bar = new Bar(this);
    for (const root of document.querySelectorAll("section[data-map]")) this.explain(root);
    for (const section of sections.values()) this.attach(section);
    document.addEventListener("keydown", (event) => this.key(event));
    window.addEventListener("beforeunload", (event) => this.told.unsaved && event.preventDefault());
    this.show();
  }

  prepared(map, index, slice) {
    const lines = (some) => ({ epicardium: new Outline(some.epicardium), endocardium: new Outline(some.endocardium) });
    const start = lines(slice.start);
    const outlines = { start, network: slice.network ? lines(slice.network) : start };
    return { map, index: Number(index), time: slice.time, name: slice.name, outlines, corrected: Boolean(slice.network) };
  }

  /** The changes that the program has, for a page that is loaded again. */
  read(edits) {
    const state = {};
    for (const edit of edits) {
      const key = `${edit.map}/${edit.slice_index}`;
      const change = this.untouched(key, edit.base);
      for (const border of Object.keys(BORDERS)) {
        if (edit[border]) change[border] = this.slices[key].outlines[edit.base][border].shiftsOf(edit[border]);
      }
      change.marks = edit.marks;
      change.sent = { epicardium: edit.epicardium, endocardium: edit.endocardium }; // to the digit, until it is moved
      state[key] = change;
    }
    return state;
  }

  untouched(key, base = "start") {
    if (!this.slices[key]) return { base, marks: null }; // it has no picture to draw on
    const { epicardium, endocardium } = this.slices[key].outlines[base];
    return { base, epicardium: epicardium.still, endocardium: endocardium.still, marks: null };
  }

  changeOf(key) {
    return this.steps.state[key] || this.untouched(key);
  }

  /** What is marked of a slice: as it is changed, else as it was at the start. */
  marksOf(key) {
    return this.changeOf(key).marks || this.marked[key].start;
  }

  /** Take marks of a slice; those that are as at the start are no change. */
  mark(key, news, repeats = false) {
    const marks = { ...this.marksOf(key), ...news };
    const isStart = JSON.stringify(marks) === JSON.stringify({ ...marks, ...this.marked[key].start });
    this.change(key, { ...this.changeOf(key), marks: isStart ? null : marks }, repeats);
  }

  /** Where the insertion points of a slice are, [anterior, inferior] in rad; null where there are none. */
  anglesOf(key, change) {
    const { map, index } = this.marked[key];
    return change.marks?.insertion_angles || (this.points[map] || {})[index] || null;
  }

  /** Say of every slice of a map that cannot be edited why that is, and what can be left out of the map. */
  explain(root) {
    this.panels.set(root.dataset.map, new LeftOut(this, root));
    const lines = (this.closed[root.dataset.map] || []).map((words) => element("li", {}, words));
    if (!lines.length) return;
    const list = element("ul", { class: "edit-closed soft" }, ...lines);
    const pictures = root.querySelector(".strip");
    if (pictures) pictures.before(list);
    else root.append(list);
  }

  attach(section) {
    const { key } = section.map;
    if (!Object.values(this.slices).some((one) => one.map === key)) return;
    const box = element("input", { type: "checkbox", class: "edit" });
    box.checked = this.editing.has(key);
    box.addEventListener("change", () => this.toggle(section, box.checked));
    section.root.querySelector(".tools").prepend(element("label", { class: "edit-switch" }, box, "edit contours and insertion points"));
    section.root.dataset.edit = box.checked ? "yes" : "no";
    const { grey, contours } = section;
    const edited = (slice) => this.editing.has(key) && this.slices[`${key}/${slice}`];
    section.grey = (slice) => (edited(slice) ? this.image(section, slice) : grey.call(section, slice));
    section.contours = (slice) => (edited(slice) ? [] : contours.call(section, slice));
    for (const view of section.views) this.handles.push(new Handles(this, section, view));
  }

  /** The image that a slice is edited on. */
  image(section, slice) {
    const image = section.pixels.image(slice, this.slices[`${section.map.key}/${slice}`].time);
    return section.greyPicture(image, section.spread(image, 1));
  }

  toggle(section, on) {
    const { key } = section.map;
    if (on) this.editing.add(key);
    else this.editing.delete(key);
    if (!on && this.selected && this.slices[this.selected.key].map === key) this.selected = null;
    section.root.dataset.edit = on ? "yes" : "no";
    section.paint();
    this.show();
  }

  select(selected) {
    this.selected = selected;
    for (const section of sections.values()) section.paint?.();
    this.show();
  }

  /** Take a change of a slice; keys that repeat are taken together. */
  change(key, change, repeats = false) {
    this.steps.add({ ...this.steps.state, [key]: change });
    this.told.fault = "";
    sections.get(this.marked[key].map)?.paint();
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.send(), repeats ? 400 : 0);
    this.show();
  }

  reset() {
    const { key } = this.selected;
    const state = { ...this.steps.state };
    const { marks } = this.changeOf(key);
    const { start } = this.marked[key];
    if (this.slices[key].corrected) state[key] = this.untouched(key, "network");
    else state[key] = this.untouched(key);
    if (marks || start.insertion_angles) state[key].marks = { ...(marks || start), insertion_angles: null };
    this.steps.add(state);
    this.send();
  }

  go(way) {
    this.steps[way]();
    this.send();
  }

  key(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const name = event.key.toLowerCase();
    if (name === "z" && !event.shiftKey) this.go("back");
    else if (name === "y" || (name === "z" && event.shiftKey)) this.go("forth");
    else return;
    event.preventDefault();
  }

  /** The changed slices as the program reads them. */
  edits() {
    const out = [];
    for (const [key, change] of Object.entries(this.steps.state)) {
      const { map, index } = this.marked[key];
      const edit = { map, slice_index: index, base: change.base, marks: change.marks };
      const outlines = this.slices[key]?.outlines;
      for (const border of outlines ? Object.keys(BORDERS) : []) {
        const isMoved = change[border].some(([row, column]) => row || column);
        const line = isMoved && outlines[change.base][border].line(change[border]);
        const rounded = line ? line.map((point) => point.map((one) => Number(one.toFixed(2)))) : null;
        edit[border] = change.sent?.[border] || rounded;
      }
      if (change.base === "network" || edit.epicardium || edit.endocardium || edit.marks) out.push(edit);
    }
    return out;
  }

  async send() {
    if (this.told.busy) return (this.again = true);
    this.again = false;
    this.tell({ busy: "computing ...", fault: "" });
    const { at } = this.steps;
    const answer = await ask("edits", { edits: this.edits() });
    if (!answer.ok) {
      this.steps.refuse();
      this.again = false;
      this.tell({ busy: this.stale ? DRAWING : "", fault: answer.content.message });
      for (const section of sections.values()) section.paint();
      if (this.stale) await this.draw();
      return this.tell({ busy: "" });
    }
    this.steps.accept(at);
    this.stale = true;
    const { rows, points, unsaved } = answer.content;
    this.points = points;
    this.tell({ busy: DRAWING, rows, unsaved });
    if (!this.again) await this.draw();
    this.tell({ busy: "" });
    if (this.again) this.send();
  }

  /** Bring tables and pictures up to date, once the numbers are there. */
  async draw() {
    const answer = await ask("page", { have: [...decoded.keys()] });
    if (!answer.ok) return this.tell({ fault: answer.content.message });
    this.stale = false;
    this.fresh = answer.content;
    await this.catchUp();
  }

  /** Show what came, once nothing is being dragged. */
  async catchUp() {
    if (!this.fresh || this.handles.some((one) => one.drag)) return;
    const { fresh } = this;
    this.fresh = null;
    await renew(this, fresh);
  }

  async save() {
    this.tell({ busy: "saving ...", fault: "" });
    const answer = await ask("save", {});
    const { message, objects, unsaved } = answer.content;
    const words = "saved; what you corrected is in the output folder as ";
    const saved = objects && (objects.length ? words + objects.join(", ") : "saved, without corrections");
    this.tell(answer.ok ? { busy: "", unsaved, saved } : { busy: "", fault: message });
  }

  tell(news) {
    Object.assign(this.told, news);
    this.show();
  }

  show() {
    for (const panel of this.panels.values()) panel.show();
    this.bar.show({ ...this.told, selected: this.selected, steps: this.steps });
  }
}
