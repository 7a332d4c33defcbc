// The fit of one pixel as a picture: samples, the curve of the fitted parameters, residuals below.

const WIDTH = 460;
const HEIGHT = 250;
const LEFT = 58;
const RIGHT = 12;
const SPLIT = 168; // above it the curve, below it the residuals

/** An SVG of the fit; `times` with null (no image) and "inf" as in the page's data. */
function fitPlot(fit, parameters, times, samples) {
  const { longest, far } = extent(times);
  const room = WIDTH - LEFT - RIGHT - (far.length ? 50 : 0);
  const x = (time) => (far.includes(time) ? WIDTH - RIGHT - 22 : LEFT + (room * time) / longest);
  const known = samples.filter(Number.isFinite);
  const curve = [];
  for (let step = 0; step <= 120; step++) {
    const time = (longest * step) / 120;
    const value = signal(fit, parameters, time);
    if (Number.isFinite(value)) curve.push([x(time), value]);
  }
  const y = axis([...known, ...curve.map((point) => point[1])], 10, SPLIT - 14);
  const rests = samples.map((one, i) => one - signal(fit, parameters, times[i] === "inf" ? Infinity : times[i]));
  const limit = Math.max(...rests.filter(Number.isFinite).map(Math.abs), 1e-9);
  const rest = axis([-limit, limit], SPLIT + 8, HEIGHT - 26);
  const out = element("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "plot", role: "img" });
  out.setAttribute("aria-label", "samples, fitted curve and residuals of the chosen pixel");
  grid(out, y, rest, x, longest, far);
  const path = curve.map(([px, value], i) => `${i ? "L" : "M"}${px.toFixed(1)},${y.place(value).toFixed(1)}`).join("");
  out.append(element("path", { d: path, class: "curve" }));
  samples.forEach((one, i) => {
    if (!Number.isFinite(one)) return;
    const [px, zero] = [x(times[i]), rest.place(0)];
    out.append(element("circle", { cx: px, cy: y.place(one), r: 3.4, class: "sample" }));
    if (!Number.isFinite(rests[i])) return;
    out.append(element("line", { x1: px, x2: px, y1: zero, y2: rest.place(rests[i]), class: "rest" }));
  });
  return out;
}

/** The longest time that the axis reaches, and what lies far beyond and stands at its end: infinity, one after a pause. */
function extent(times) {
  const finite = times.filter((one) => typeof one === "number").sort((one, other) => one - other);
  const [last, before] = [finite[finite.length - 1] || 1, finite[finite.length - 2]];
  const longest = finite.length > 3 && last > 2.5 * before ? before : last;
  return { longest, far: times.filter((one) => one === "inf" || one > longest) };
}

/** An axis over values: where one lies between two heights, and round ticks. */
function axis(values, top, bottom) {
  let low = Math.min(...values, 0);
  let high = Math.max(...values, 0);
  if (!(high > low)) [low, high] = [low - 1, high + 1];
  const raw = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= raw);
  const ticks = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high + 1e-9 * step; tick += step) ticks.push(tick);
  return { ticks, place: (value) => bottom - ((value - low) / (high - low)) * (bottom - top) };
}

function grid(out, y, rest, x, longest, far) {
  const label = (px, py, words, anchor) =>
    out.append(element("text", { x: px, y: py, "text-anchor": anchor, class: "tick" }, words));
  for (const tick of y.ticks) {
    const place = y.place(tick);
    out.append(element("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: place, y2: place, class: tick ? "grid" : "zero" }));
    label(LEFT - 6, place + 4, String(Number(tick.toPrecision(6))), "end");
  }
  const zero = rest.place(0);
  out.append(element("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: zero, y2: zero, class: "zero" }));
  label(LEFT - 6, zero + 4, "residual", "end");
  for (const tick of axis([0, longest], 0, 1).ticks) label(x(tick), HEIGHT - 8, String(Number(tick.toPrecision(6))), "middle");
  for (const time of new Set(far)) label(x(time), HEIGHT - 8, time === "inf" ? "∞" : `… ${time.toFixed(0)}`, "middle");
  label(WIDTH - RIGHT, SPLIT - 2, "ms", "end");
}
