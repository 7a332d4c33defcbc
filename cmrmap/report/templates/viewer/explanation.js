// What the page says of a chosen pixel: value, fit, samples and which images were left out.

const BLEND = "The value is interpolated between four points of the motion-corrected wall. Below: the fit of the one with the largest weight.";

/** Elements that explain a pixel of a map. */
function explanation(pixels, { slice, row, column }) {
  const { map } = pixels;
  const value = pixels.at(pixels.values, slice, row, column);
  const sd = pixels.at(pixels.sd, slice, row, column);
  const aha = pixels.at(pixels.aha, slice, row, column);
  const found = pixels.explain(slice, row, column);
  const where = `Slice ${map.labels[slice]}, row ${row}, column ${column}`;
  const out = [element("h3", {}, [where, segmentWords(aha)].filter(Boolean).join(", "))];
  if (!found) {
    out.push(element("p", { class: "soft" }, "This pixel lies outside the mapped wall; choose one between the contours."));
    return out;
  }
  const words = `${map.title} ${withSd(value, sd, map.decimals, map.unit)}`;
  const none = ": the fitted value is impossible in tissue, or too uncertain to be shown";
  const meaning = Number.isFinite(sd) ? " (value ± its standard deviation)" : Number.isFinite(value) ? "" : none;
  out.push(element("p", { class: "pixel-value" }, element("strong", {}, words), meaning));
  const counted = found.reason ? `Not included in the means: ${found.reason}.` : "Included in the means.";
  out.push(element("p", { class: found.reason ? "warning" : "soft" }, counted));
  if (!found.fits.length) out.push(element("p", { class: "soft" }, "Nothing was fitted here: this is the scanner's value."));
  else out.push(element("p", { class: "soft" }, BLEND));
  out.push(element("div", { class: "fits" }, ...found.fits.map((one) => fitElement(one, found.fits.length > 1))));
  return out;
}

function fitElement({ map, parameters, r2, noise, times, uses, samples }, named) {
  const [constant, a, b] = parameters;
  const name = map.fits.look_locker ? "T1*" : map.unit === "ms" ? map.title.replace(/^.* /, "") : "T";
  const facts = [
    ["equation", map.fits.equation],
    [`${name} of the fit`, `${fixed(constant, map.decimals)} ms`],
    ["A", short(a)],
    ...(map.fits.has_offset ? [["B", short(b)]] : []),
    ["R²", fixed(r2, 4)],
    ["noise SD of a pixel", short(noise === null ? NaN : noise)],
  ];
  const list = element("dl", { class: "facts" });
  for (const [term, words] of facts) list.append(element("div", {}, element("dt", {}, term), element("dd", {}, words)));
  const table = element("table", { class: "samples" });
  table.append(element("tr", {}, ...["time", "sample", "fit", "residual", ""].map((one) => element("th", {}, one))));
  times.forEach((time, i) => {
    if (time === null) return;
    const fit = signal(map.fits, parameters, time === "inf" ? Infinity : time);
    const left = Number.isFinite(samples[i]) ? USES[uses[i]] : USES[uses[i]] || "left out of this pixel";
    const cells = [timeWords(time), short(samples[i]), short(fit), short(samples[i] - fit), left];
    table.append(element("tr", { class: Number.isFinite(samples[i]) ? "" : "left-out" }, ...cells.map((one) => element("td", {}, one))));
  });
  const title = named ? [element("h4", {}, map.title)] : [];
  const plot = fitPlot(map.fits, parameters, times.map((one, i) => (one === null ? 0 : one)), samples);
  return element("div", { class: "fit" }, ...title, element("div", { class: "row" }, plot, element("div", {}, list, table)));
}
