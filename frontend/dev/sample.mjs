// Invented areas, reports and sensors for the stand-in server. Centres come from the sample province when its
// file is there, else from a small made-up grid. Nothing here is real, and everything says "simulated".
import { readFile } from 'node:fs/promises';

const here = new URL('.', import.meta.url);
const sample = (name) => new URL(`../../schema/sample/${name}`, here);

export const division = 'vn-2022';

/** A repeatable source of numbers in [0, 1). */
export function randomFrom(seed) {
  let s = seed;
  return () => (s = (s * 1664525 + 1013904223) >>> 0) / 4294967296;
}

export async function loadAreas() {
  try {
    return { areas: await readAreas(), outline: await readOutline() };
  } catch {
    return inventAreas();
  }
}

async function readAreas() {
  const [head, ...rows] = (await readFile(sample('areas.csv'), 'utf8')).trim().split('\n');
  const names = head.split(',');
  const records = rows.map((row) => Object.fromEntries(row.split(',').map((cell, i) => [names[i], cell])));
  return records
    .filter((r) => r.division === division)
    .map((r) => ({
      code: r.code,
      parent: r.parent,
      level: r.level,
      kind: r.kind_vi,
      name: r.name_vi,
      lat: Number(r.lat),
      lon: Number(r.lon),
    }));
}

async function readOutline() {
  const { geometry } = JSON.parse(await readFile(sample('outline.geojson'), 'utf8'));
  return geometry.type === 'Polygon' ? geometry.coordinates[0] : geometry.coordinates[0][0];
}

function inventAreas() {
  const areas = [{ code: '67', parent: '', level: 'province', kind: 'Tỉnh', name: 'Mẫu', lat: 12.2, lon: 107.7 }];
  for (let d = 0; d < 4; d++) {
    const [lat, lon] = [11.9 + 0.4 * Math.floor(d / 2), 107.4 + 0.4 * (d % 2)];
    areas.push({ code: `66${d}`, parent: '67', level: 'district', kind: 'Huyện', name: `Mẫu ${d + 1}`, lat, lon });
    for (let c = 0; c < 6; c++) {
      const at = { lat: lat + 0.12 * Math.floor(c / 3), lon: lon + 0.12 * (c % 3) };
      areas.push({
        code: `2460${d}${c}`,
        parent: `66${d}`,
        level: 'commune',
        kind: 'Xã',
        name: `Mẫu ${d + 1}.${c + 1}`,
        ...at,
      });
    }
  }
  return {
    areas,
    outline: [
      [107.2, 11.7],
      [108.2, 11.7],
      [108.2, 12.7],
      [107.2, 12.7],
      [107.2, 11.7],
    ],
  };
}

/** Cells around the communes' centres: the outline, cut at the middle towards every other centre. */
export function schematic(areas, outline) {
  const communes = areas.filter((a) => a.level === 'commune');
  const cells = new Map(communes.map((own) => [own.code, cellOf(own, communes, outline)]));
  const collection = (features) => ({
    type: 'FeatureCollection',
    credit: 'Toàn Cảnh',
    features,
  });
  const feature = (area, geometry) => ({
    type: 'Feature',
    properties: {
      code: area.code,
      name: area.name,
      level: area.level,
      parent: area.parent,
      label: [area.lon, area.lat],
    },
    geometry,
  });
  return {
    commune: collection(communes.map((a) => feature(a, { type: 'Polygon', coordinates: [ring(cells.get(a.code))] }))),
    district: collection(
      areas
        .filter((a) => a.level === 'district')
        .map((a) => feature(a, { type: 'MultiLineString', coordinates: borders(a, communes, cells) })),
    ),
    province: collection(
      areas.filter((a) => a.level === 'province').map((a) => feature(a, { type: 'Polygon', coordinates: [outline] })),
    ),
  };
}

function cellOf(own, communes, outline) {
  let points = outline.slice(0, -1).map(([x, y]) => ({ x, y, edge: '' }));
  for (const other of communes) {
    if (other !== own) points = cut(points, own, other);
  }
  return points;
}

// Keeps the side of the polygon that is nearer to `own`; a point's `edge` names whom the edge after it borders.
function cut(points, own, other) {
  const side = (p) => Math.hypot(p.x - other.lon, p.y - other.lat) ** 2 - Math.hypot(p.x - own.lon, p.y - own.lat) ** 2;
  const kept = [];
  points.forEach((a, i) => {
    const b = points[(i + 1) % points.length];
    const [sa, sb] = [side(a), side(b)];
    if (sa >= 0) kept.push(a);
    if (sa >= 0 !== sb >= 0) {
      const t = sa / (sa - sb);
      const leaving = sa >= 0;
      kept.push({ x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t, edge: leaving ? other.code : a.edge });
    }
  });
  return kept;
}

const ring = (points) => [...points, points[0]].map(({ x, y }) => [x, y]);

function borders(district, communes, cells) {
  const parents = new Map(communes.map((c) => [c.code, c.parent]));
  const lines = [];
  for (const commune of communes.filter((c) => c.parent === district.code)) {
    const points = cells.get(commune.code);
    points.forEach((a, i) => {
      const b = points[(i + 1) % points.length];
      if (a.edge === '' || parents.get(a.edge) !== district.code)
        lines.push([
          [a.x, a.y],
          [b.x, b.y],
        ]);
    });
  }
  return lines;
}

export const categories = [
  ['XD', 'Trật tự xây dựng'],
  ['DT', 'Trật tự đô thị, lấn chiếm lòng lề đường'],
  ['GT', 'Hạ tầng giao thông, an toàn giao thông'],
  ['MT', 'Vệ sinh môi trường'],
  ['CS', 'Chiếu sáng, cây xanh, cấp thoát nước'],
  ['DN', 'Điện, viễn thông'],
  ['TT', 'Thiên tai: lũ, ngập, sạt lở'],
  ['CR', 'Cháy rừng, cháy nổ'],
  ['KH', 'Khác'],
].map(([code, name]) => ({ code, name, clock: 'working', accept: '2h' }));

export const units = [
  ['so-xd', 'Sở Xây dựng'],
  ['so-tnmt', 'Sở Tài nguyên và Môi trường'],
  ['so-gtvt', 'Sở Giao thông vận tải'],
  ['dien-luc', 'Điện lực tỉnh'],
  ['pctt', 'Ban chỉ huy Phòng, chống thiên tai'],
  ['ubnd-gia-nghia', 'UBND thành phố Gia Nghĩa'],
].map(([code, name]) => ({ code, name }));

const texts = {
  XD: ['Xây nhà trên đất nông nghiệp, chưa có giấy phép', 'Công trình thi công ban đêm, vật liệu tràn ra đường'],
  DT: ['Lấn chiếm vỉa hè để bán hàng, người đi bộ phải xuống lòng đường', 'Biển quảng cáo che khuất tầm nhìn ở ngã ba'],
  GT: ['Ổ gà sâu giữa đường, nhiều xe máy bị ngã', 'Đèn tín hiệu giao thông không hoạt động từ tối qua'],
  MT: ['Rác tồn đọng ba ngày chưa thu gom', 'Nước thải chảy ra suối, mùi hôi nồng nặc'],
  CS: ['Đèn đường tắt cả đoạn dài, rất nguy hiểm khi trời tối', 'Cây xanh gãy đổ chắn ngang đường'],
  DN: ['Dây điện sà thấp sát mái nhà dân', 'Mất điện từ sáng chưa rõ nguyên nhân'],
  TT: ['Sạt lở taluy dương, một làn không lưu thông được', 'Nước suối dâng nhanh, ngập cầu tràn'],
  CR: ['Khói lớn ở khu vực rừng thông, nghi cháy thực bì'],
  KH: ['Đề nghị sửa bảng tên thôn bị mờ'],
};

const openStatuses = ['moi', 'da_tiep_nhan', 'da_phan_cong', 'dang_xu_ly', 'xin_gia_han'];
const alphabet = '23456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Makes reports in the ops form. `pick` returns numbers in [0, 1). */
export function reportMaker(areas, pick) {
  const communes = areas.filter((a) => a.level === 'commune');
  const choose = (list) => list[Math.floor(pick() * list.length)];
  let made = 0;
  return function make({ now, ageMs, severity }) {
    const area = choose(communes);
    const category = severity > 0 ? choose(['TT', 'CR', 'GT', 'DN']) : choose(categories.map((c) => c.code));
    const status = ageMs < 60_000 ? 'moi' : choose(openStatuses);
    const received = now - ageMs;
    const limit = severity > 1 ? 6 * 3600e3 : severity > 0 ? 24 * 3600e3 : 3 * 86400e3;
    const part = () => Array.from({ length: 4 }, () => choose([...alphabet])).join('');
    return {
      id: `0193a000-0000-7000-8000-${String(++made).padStart(12, '0')}`,
      code: `${part()}-${part()}`,
      version: 1,
      origin: 'simulated',
      category,
      description: choose(texts[category]),
      address: '',
      location: { lat: area.lat + (pick() - 0.5) * 0.05, lon: area.lon + (pick() - 0.5) * 0.05 },
      division,
      area: area.code,
      path: ['67', area.parent, area.code],
      place_confirmed: false,
      status,
      priority: ['binh_thuong', 'cao', 'khan_cap'][severity] ?? 'binh_thuong',
      emergency: severity > 1,
      unit: ['da_phan_cong', 'dang_xu_ly', 'xin_gia_han'].includes(status) ? choose(units).code : '',
      parent: '',
      source: 'simulator',
      received_at: iso(received),
      occurred_at: null,
      due: {
        accept: iso(received + 2 * 3600e3),
        assign: null,
        resolve: iso(received + limit),
        original: iso(received + limit),
        publish: null,
        running: iso(received + limit),
      },
      accepted_at: status === 'moi' ? null : iso(received + 1800e3),
      assigned_at: null,
      resolved_at: null,
      published_at: null,
      closed_at: null,
      reason: '',
      answer: '',
      public_text: '',
      bounces: 0,
      reopens: 0,
      has_contact: pick() < 0.7,
      photos: 0,
    };
  };
}

export const iso = (ms) => new Date(ms).toISOString();

const closedStatuses = new Set(['khong_tiep_nhan', 'trung_lap', 'cong_khai', 'hoan_thanh']);
export const isOpen = (r) => !closedStatuses.has(r.status);

/** The same report as a wall may see it. */
export function wallReport(r) {
  const state = r.emergency
    ? 'critical'
    : r.priority === 'cao'
      ? 'warning'
      : r.priority === 'khan_cap'
        ? 'critical'
        : 'normal';
  return {
    id: r.id,
    code: r.code,
    version: r.version,
    origin: r.origin,
    category: r.category,
    summary: r.description.slice(0, 140),
    lat: r.location.lat,
    lon: r.location.lon,
    area: r.area,
    path: r.path,
    status: r.status,
    priority: r.priority,
    emergency: r.emergency,
    state,
    open: isOpen(r),
    unit: r.unit,
    unit_name: units.find((u) => u.code === r.unit)?.name ?? r.unit,
    next_act: { moi: 'accept', da_tiep_nhan: 'assign', tra_lai: 'assign' }[r.status] ?? (isOpen(r) ? 'resolve' : ''),
    received_at: r.received_at,
    due_at: r.due.resolve,
    closed_at: r.closed_at,
  };
}

export function makeSensors(areas, pick) {
  const communes = areas.filter((a) => a.level === 'commune');
  return communes
    .filter((_, i) => i % 5 === 0)
    .map((a, i) => ({
      code: `mua-${a.code}`,
      kind: 'rain',
      unit: 'mm',
      name: `Trạm mưa ${a.name}`,
      lat: a.lat + 0.012,
      lon: a.lon + 0.012,
      area: a.code,
      stale_after_s: 1800,
      value: Math.round(pick() * 30) / 10,
      state: 'normal',
      limit: '',
      silent: i === 6,
    }));
}
