// Arrays of the page, undone: what cmrmap/report/packed.py did, backwards. Each is decoded once, when it is first asked for.

const TYPES = { f4: Float32Array, u4: Uint32Array, u2: Uint16Array, i2: Int16Array, u1: Uint8Array };
const decoded = new Map();

/** Promise of the array with its shape, {data, shape}, or of what JSON held. */
function unpacked(form) {
  if (!decoded.has(form.blob)) decoded.set(form.blob, decode(form));
  return decoded.get(form.blob);
}

async function decode(form) {
  const text = document.getElementById(`blob-${form.blob}`).textContent;
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  if (form.type === "json") return JSON.parse(new TextDecoder().decode(bytes));
  const plain = new TYPES[form.type](joined(bytes, TYPES[form.type].BYTES_PER_ELEMENT).buffer);
  return { data: form.folded ? unfolded(plain, form) : plain, shape: form.shape };
}

/** The bytes of every number together again: they came as all first bytes, then all second bytes. */
function joined(bytes, size) {
  const count = bytes.length / size;
  const out = new Uint8Array(bytes.length);
  for (let plane = 0; plane < size; plane++) {
    for (let i = 0; i < count; i++) out[i * size + plane] = bytes[plane * count + i];
  }
  return out;
}

/** Values from the folded differences of neighbours in a row; NaN where there is none. */
function unfolded(folded, form) {
  const columns = form.shape[form.shape.length - 1];
  const out = new Float32Array(folded.length);
  for (let start = 0; start < folded.length; start += columns) {
    let code = 0;
    for (let i = start; i < start + columns; i++) {
      const change = folded[i];
      code = (code + (change % 2 ? -(change + 1) / 2 : change / 2) + 65536) % 65536;
      out[i] = code === 65535 ? NaN : form.low + form.step * code;
    }
  }
  return out;
}
