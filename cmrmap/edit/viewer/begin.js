// The page brought up to date after a change, and where editing begins once the report's own script is ready.

/** Put new tables, pictures and numbers in the place of the old; what is chosen in the page stays chosen. */
async function renew(editor, { page, arrays }) {
  for (const [name, text] of Object.entries(arrays)) {
    document.body.append(element("script", { type: "text/plain", id: `blob-${name}` }, text));
  }
  const fresh = new DOMParser().parseFromString(page, "text/html");
  const data = JSON.parse(fresh.getElementById("report-data").textContent);
  const maps = new Map(data.maps.map((one) => [one.key, one]));
  document.querySelector("section.findings").replaceWith(fresh.querySelector("section.findings"));
  const { control } = document.activeElement?.dataset || {};
  const focused = document.activeElement?.closest?.("figure");
  const place = focused && [focused.closest("section").dataset.map, focused.dataset.slice];
  for (const map of data.maps) {
    const root = fresh.querySelector(`section[data-map="${map.key}"]`);
    const html = root.outerHTML + JSON.stringify(map);
    if (editor.html[map.key] === html) continue;
    editor.html[map.key] = html;
    await renewMap(editor, root, map, maps);
  }
  if (control) document.querySelector(`[data-control="${control}"]`)?.focus({ preventScroll: true });
  if (place) document.querySelector(`section[data-map="${place[0]}"] figure[data-slice="${place[1]}"] canvas`)?.focus({ preventScroll: true });
}

async function renewMap(editor, root, map, maps) {
  const old = document.querySelector(`section[data-map="${map.key}"]`);
  const known = sections.get(map.key);
  clearInterval(known?.controls?.playing);
  editor.handles = editor.handles.filter((one) => one.section !== known);
  const open = [...old.querySelectorAll("details:not(.edit-left-out)")].map((one) => one.open);
  root.querySelectorAll("details").forEach((one, i) => (one.open = Boolean(open[i])));
  sections.delete(map.key);
  editor.explain(root);
  if (!map.values) return old.replaceWith(root);
  const section = new MapSection(root, map, maps);
  await section.pixels.load(); // before the old section is taken away: nothing flickers
  old.replaceWith(root);
  await section.start();
  if (known) {
    Object.assign(section.state, known.state, { region: null, lit: null });
    section.windows = known.windows;
  }
  sections.set(map.key, section);
  editor.attach(section);
  section.paint();
}

function begin_editing() {
  if (document.documentElement.dataset.ready !== "yes") return setTimeout(begin_editing, 50);
  window.editor = new Editor(JSON.parse(document.getElementById("edit-data").textContent));
  document.documentElement.dataset.editing = "yes";
}

begin_editing();
