// The bar below the page: what is changed, before and after beside each other, and what can be done with it.

class Bar {
  constructor(editor) {
    this.editor = editor;
    const button = (name, words, act) => {
      const made = element("button", { type: "button", class: name }, words);
      made.addEventListener("click", act);
      return made;
    };
    this.buttons = {
      undo: button("undo", "undo", () => editor.go("back")),
      redo: button("redo", "redo", () => editor.go("forth")),
      reset: button("reset", "reset slice", () => editor.reset()),
      save: button("save", "save", () => editor.save()),
    };
    this.words = element("span", { class: "edit-state", role: "status", "aria-live": "polite" });
    this.fault = element("p", { class: "edit-fault error", role: "alert" });
    this.rows = element("div", { class: "edit-rows wide-table" });
    const line = element("div", { class: "edit-line" }, this.words, ...Object.values(this.buttons));
    const label = { class: "edit-bar", "aria-label": "contours that are edited" };
    this.root = element("aside", label, line, this.fault, this.rows);
    document.body.append(this.root);
  }

  show({ busy, unsaved, rows, saved, selected, steps, fault }) {
    const count = `${unsaved} changed slice${unsaved > 1 ? "s" : ""}, not saved`;
    this.words.textContent = busy || (unsaved ? count : saved || "nothing is changed");
    this.words.classList.toggle("warning", !busy && unsaved > 0);
    this.root.dataset.busy = busy ? "yes" : "no";
    this.fault.textContent = fault || "";
    this.fault.hidden = !fault;
    const name = selected ? this.editor.slices[selected.key].name : "";
    this.buttons.reset.textContent = name ? `reset ${name} to the network's` : "reset slice";
    this.buttons.reset.disabled = !selected || Boolean(busy);
    this.buttons.undo.disabled = steps.at === 0;
    this.buttons.redo.disabled = steps.at === steps.states.length - 1;
    this.buttons.save.disabled = !unsaved || Boolean(busy);
    this.rows.replaceChildren(...(rows.length ? [this.table(rows)] : []));
  }

  table(rows) {
    const head = element("tr", {}, ...["map", "", "before", "now"].map((word) => element("th", {}, word)));
    const lines = rows.map((row) =>
      element(
        "tr",
        {},
        element("td", {}, row.map),
        element("td", { class: "name" }, row.slice),
        element("td", {}, row.before),
        element("td", {}, element("strong", {}, row.now || row.after), ` ${row.unit}`),
      ),
    );
    return element("table", {}, head, ...lines);
  }
}
