// What is left out of a map: its slices and AHA segments as boxes to tick, each slice with the reason.

class LeftOut {
  constructor(editor, root) {
    this.editor = editor;
    const map = root.dataset.map;
    this.rows = Object.keys(editor.marked).filter((key) => editor.marked[key].map === map).map((key) => this.row(key));
    if (!this.rows.length) return;
    this.told = element("span", { class: "edit-told" });
    const summary = element("summary", {}, "leave out slices or segments", this.told);
    this.root = element("details", { class: "edit-left-out" }, summary, ...this.rows.map((row) => row.root));
    this.root.open = editor.unfolded.has(map);
    this.root.addEventListener("toggle", () => editor.unfolded[this.root.open ? "add" : "delete"](map));
    const pictures = root.querySelector(".strip");
    if (pictures) pictures.after(this.root); // whoever opens it still sees them
    else root.append(this.root);
  }

  row(key) {
    const { index, segments, name } = this.editor.marked[key];
    const box = (words, control) => {
      const made = element("input", { type: "checkbox", "data-control": `${key}:${control}` });
      made.addEventListener("change", () => this.take(key));
      return [made, element("label", {}, made, words)];
    };
    const [out, outLabel] = box("whole slice", "out");
    const boxes = segments.map((segment) => [segment, ...box(String(segment), segment)]);
    const reason = element("input", { type: "text", class: "reason", maxlength: "80", placeholder: "reason (no names)" });
    reason.setAttribute("aria-label", `why it is left out of ${name}`);
    reason.dataset.control = `${key}:reason`;
    reason.addEventListener("change", () => this.take(key));
    const some = element("span", { class: "edit-segments", role: "group" }, "AHA", ...boxes.map(([, , label]) => label));
    some.setAttribute("aria-label", `AHA segments of ${name}`);
    const legend = element("legend", {}, `slice ${index + 1}`);
    const root = element("fieldset", {}, legend, outLabel, some, reason);
    return { key, root, out, reason, boxes: boxes.map(([segment, made]) => [segment, made]) };
  }

  /** Take what is ticked in a slice; a reason alone leaves nothing out. */
  take(key) {
    const row = this.rows.find((one) => one.key === key);
    const segments = row.boxes.filter(([, made]) => made.checked).map(([segment]) => segment);
    const isAny = row.out.checked || segments.length > 0;
    const before = this.editor.marksOf(key);
    if (!isAny && !before.exclude_slice && !before.exclude_segments.length) return;
    const reason = isAny ? row.reason.value.trim() : "";
    this.editor.mark(key, { exclude_slice: row.out.checked, exclude_segments: segments, reason });
  }

  show() {
    if (!this.root) return;
    const told = [];
    for (const { key, out, reason, boxes } of this.rows) {
      const marks = this.editor.marksOf(key);
      out.checked = marks.exclude_slice;
      for (const [segment, made] of boxes) made.checked = marks.exclude_segments.includes(segment);
      for (const [, made] of boxes) made.disabled = marks.exclude_slice;
      const isAny = marks.exclude_slice || marks.exclude_segments.length > 0;
      if (isAny && document.activeElement !== reason) reason.value = marks.reason;
      const { index } = this.editor.marked[key];
      if (marks.exclude_slice) told.push(`slice ${index + 1}`);
      else if (isAny) told.push(`AHA ${marks.exclude_segments.join(", ")} of slice ${index + 1}`);
    }
    this.told.textContent = told.length ? `: ${told.join("; ")}` : "";
  }
}
