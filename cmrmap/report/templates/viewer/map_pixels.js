// The pixels of one map: what lies where, decoded when the map is first shown.

class MapPixels {
  constructor(map, maps) {
    this.map = map;
    this.maps = maps;
    this.source = typeof map.images === "string" ? maps.get(map.images) : map;
  }

  async load() {
    const { map, source } = this;
    const columns = map.shape[1];
    const wall = async (one) => ({
      flat: await unpacked(one.flat),
      cell: await unpacked(one.cell),
      reason: await unpacked(one.reason),
      moved: await unpacked(one.moved),
      columns,
    });
    [this.values, this.sd, this.aha, this.images, this.lines] = await Promise.all([
      unpacked(map.values),
      map.sd ? unpacked(map.sd) : null,
      unpacked(map.aha),
      unpacked(source.images.pixels),
      unpacked(source.images.contours),
    ]);
    this.hasSd = Boolean(this.sd) && this.sd.data.some(Number.isFinite);
    this.walls = await Promise.all(map.walls.map(wall));
    this.places = this.walls.map((one) => new Map(Array.from(one.flat.data, (flat, i) => [flat, i])));
    this.fits = await Promise.all(this.fitted().map(([one]) => this.cells(one)));
  }

  /** [map, per slice its slice] of the fits behind a pixel: its own, or those of the maps that it is made of. */
  fitted() {
    if (this.map.fits) return [[this.map, this.map.views]];
    return this.map.partners.map(([key, slices]) => [this.maps.get(key), slices]).filter(([one]) => one && one.fits);
  }

  async cells(map) {
    return { samples: await unpacked(map.fits.samples), parameters: await unpacked(map.fits.parameters) };
  }

  place(slice, row, column) {
    const [top, left, rows, columns] = this.map.box;
    if (row < top || column < left || row >= top + rows || column >= left + columns) return -1;
    return (slice * rows + (row - top)) * columns + (column - left);
  }

  at(array, slice, row, column) {
    const place = this.place(slice, row, column);
    return place < 0 || !array ? NaN : array.data[place];
  }

  /** One image, cut to the box, as a view; `time` counts from 0. */
  image(slice, time) {
    const size = this.map.box[2] * this.map.box[3];
    const start = (slice * this.images.shape[1] + time) * size;
    return this.images.data.subarray(start, start + size);
  }

  /** Contours of one image as [row, column] points. */
  contours(slice, time) {
    const [top, left] = this.map.box;
    return (this.lines[slice][time] || []).map((flat) => {
      const points = [];
      for (let i = 0; i < flat.length; i += 2) points.push([top + flat[i] / 20, left + flat[i + 1] / 20]);
      return points;
    });
  }

  /** Why a pixel has its value: the samples and the parameters of its fits; null outside the wall. */
  explain(slice, row, column) {
    const wall = this.walls[slice];
    const found = this.places[slice].get(row * wall.columns + column);
    if (found === undefined) return null;
    const cell = wall.cell.data[found];
    const fits = this.fitted().map(([map, slices], i) => {
      const own = map === this.map ? slice : slices[slice];
      const { samples, parameters } = this.fits[i];
      const [, count, cells] = samples.shape;
      const four = [0, 1, 2, 3].map((k) => parameters.data[(own * 4 + k) * cells + cell]);
      return {
        map,
        slice: own,
        parameters: four,
        r2: four[3],
        noise: map.fits.noise_sd[own],
        times: map.images.times[own],
        uses: map.images.uses[own],
        samples: Array.from({ length: count }, (_, time) => samples.data[(own * count + time) * cells + cell]),
      };
    });
    return { reason: this.map.words[wall.reason.data[found]], fits: fits.filter((one) => one.slice >= 0) };
  }
}
