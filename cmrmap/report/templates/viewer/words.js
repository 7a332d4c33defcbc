// How numbers and places are worded.

const AHA_NAMES = JSON.parse(document.getElementById("segment-names").textContent);
const USES = ["no image", "", "contours from another image", "left out: no contours", "left out: does not fit the others", "slice refused", "left out by corrections.json"];

/** A value with so many decimals; "-" where there is none. */
function fixed(value, decimals) {
  return Number.isFinite(value) ? value.toFixed(decimals) : "-";
}

/** A signal with four significant digits. */
function short(value) {
  if (!Number.isFinite(value)) return "-";
  const size = Math.abs(value);
  return size >= 1000 || size === 0 ? value.toFixed(0) : value.toPrecision(4);
}

/** "51.0 ± 2.6 ms", without the error where there is none; "no value" without a value. */
function withSd(value, sd, decimals, unit) {
  if (!Number.isFinite(value)) return "no value";
  return [fixed(value, decimals), ...(Number.isFinite(sd) ? ["±", fixed(sd, decimals)] : []), unit].join(" ");
}

function timeWords(time) {
  if (time === null) return "no image";
  return time === "inf" ? "∞" : `${Number(time.toFixed(2))} ms`;
}

function segmentWords(aha) {
  return aha ? `segment ${aha} ${AHA_NAMES[aha]}` : "";
}

/** An element with classes, attributes and children. */
function element(name, attributes = {}, ...children) {
  const svg = ["svg", "path", "circle", "line", "text", "g", "rect"].includes(name);
  const out = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) out.setAttribute(key, value);
  out.append(...children);
  return out;
}
