// Where the page's script begins: the still report stays as it is where a browser cannot do more.

function theme() {
  const button = document.querySelector(".theme");
  const next = { auto: "dark", dark: "light", light: "auto" };
  button.hidden = false;
  button.addEventListener("click", () => {
    const chosen = next[document.documentElement.dataset.theme || "auto"];
    document.documentElement.dataset.theme = chosen;
    button.textContent = `theme: ${chosen}`;
  });
}

/** Every table is on paper, whether it was open or not. */
function printing() {
  const closed = () => [...document.querySelectorAll("details:not([open])")];
  let opened = [];
  window.addEventListener("beforeprint", () => {
    opened = closed();
    for (const one of opened) one.open = true;
  });
  window.addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
  });
}

const sections = new Map();

async function start() {
  performance.mark("work begins");
  theme();
  printing();
  const data = JSON.parse(document.getElementById("report-data").textContent);
  const maps = new Map(data.maps.map((one) => [one.key, one]));
  const able = typeof DecompressionStream === "function";
  if (!able) document.querySelector(".unable").hidden = false;
  for (const map of data.maps) {
    const root = document.querySelector(`section[data-map="${map.key}"]`);
    if (!able || !map.values) continue;
    sections.set(map.key, new MapSection(root, map, maps));
    await sections.get(map.key).start();
  }
  document.documentElement.dataset.ready = "yes";
}

// the still page is painted first; a tab in the background is never painted
const begin = [];
const once = () => begin.pop()?.();
begin.push(start);
new PerformanceObserver(once).observe({ type: "paint", buffered: true });
setTimeout(once, 3000);
