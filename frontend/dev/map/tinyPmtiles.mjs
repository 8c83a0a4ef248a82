// The smallest PMTiles archive (version 3) that shows something: one vector tile of the whole world with one patch of
// water, nothing compressed. https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md
const varint = (n) => (n < 128 ? [n] : [(n & 127) | 128, ...varint(Math.floor(n / 128))]);
const field = (number, bytes) => [...varint(number * 8 + 2), ...varint(bytes.length), ...bytes];
const whole = (number, n) => [...varint(number * 8), ...varint(n)];
const zigzag = (n) => varint(n < 0 ? -2 * n - 1 : 2 * n);
const text = (s) => [...new TextEncoder().encode(s)];
const extent = 4096;

/** An archive whose layer "water" covers a box of degrees. */
export function tinyPmtiles({ west, south, east, north }) {
  const metadata = text(JSON.stringify({ vector_layers: [{ id: 'water', fields: {}, minzoom: 0, maxzoom: 0 }] }));
  const tile = waterTile({ west, south, east, north });
  const directory = [...varint(1), ...varint(0), ...varint(1), ...varint(tile.length), ...varint(1)];
  const header = new DataView(new ArrayBuffer(127));
  text('PMTiles').forEach((byte, i) => header.setUint8(i, byte));
  header.setUint8(7, 3);
  const at = 127 + directory.length;
  const offsets = [
    127,
    directory.length,
    at,
    metadata.length,
    at + metadata.length,
    0,
    at + metadata.length,
    tile.length,
    1,
    1,
    1,
  ];
  offsets.forEach((n, i) => header.setBigUint64(8 + 8 * i, BigInt(n), true));
  [1, 1, 1, 1, 0, 0].forEach((n, i) => header.setUint8(96 + i, n)); // clustered, uncompressed, vector, zoom 0 to 0
  [west, south, east, north].forEach((degrees, i) => header.setInt32(102 + 4 * i, degrees * 1e7, true));
  return Buffer.from([...new Uint8Array(header.buffer), ...directory, ...metadata, ...tile]);
}

function waterTile({ west, south, east, north }) {
  const [x0, x1] = [west, east].map((lon) => Math.round(((lon + 180) / 360) * extent));
  const [y0, y1] = [north, south].map((lat) => {
    const northing = Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360));
    return Math.round(((1 - northing / Math.PI) / 2) * extent);
  });
  const [w, h] = [x1 - x0, y1 - y0];
  // Move to a corner, three lines, close; 9, 26 and 15 are commands, the others steps.
  const steps = [9, x0, y0, 26, w, 0, 0, h, -w, 0, 15];
  const geometry = steps.flatMap((n, i) => ([0, 3, 10].includes(i) ? varint(n) : zigzag(n)));
  const feature = [...whole(3, 3), ...field(4, geometry)];
  return field(3, [...field(1, text('water')), ...field(2, feature), ...whole(5, extent), ...whole(15, 2)]);
}
