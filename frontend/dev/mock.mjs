// A stand-in for the server, for work on the faces alone: serves dist, the API's shapes and /live with
// invented data. Usage: npm run mock -- --port 8090 --mode calm|storm|flood|stale|dead|empty
import { createServer } from 'node:http';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { makeAlarms, wallAlarm } from './alarms.mjs';
import {
  division,
  iso,
  isOpen,
  loadAreas,
  makeSensors,
  randomFrom,
  reportMaker,
  schematic,
  units,
  categories,
  wallReport,
} from './sample.mjs';

const flag = (name, fallback) => {
  const i = process.argv.indexOf(`--${name}`);
  return i < 0 ? fallback : process.argv[i + 1];
};
const port = Number(flag('port', '8090'));
const asked = flag('mode', 'calm');
// In a flood everything else is as in a storm.
const mode = asked === 'flood' ? 'storm' : asked;
const dist = fileURLToPath(new URL('../dist', import.meta.url));
const pick = randomFrom(7);
const startedAt = Date.now();

const scenes = fileURLToPath(new URL('../../schema/scenes/', import.meta.url));
const { areas, outline } = await loadAreas();
const shapes = schematic(areas, outline);
const sceneFiles = await readdir(scenes);
const sceneList = await Promise.all(
  sceneFiles.map(async (name) => JSON.parse(await readFile(join(scenes, name), 'utf8'))),
);
const make = reportMaker(areas, pick);
const sensors = mode === 'empty' ? [] : makeSensors(areas, pick);
const alarms = makeAlarms(areas, asked, pick);
const epoch = `mock-${startedAt}`;
const wallTopic = `wall/${division}/67`;
const opsTopic = `ops/${division}/67`;
const heads = { [wallTopic]: 100, [opsTopic]: 100 };
let version = 1;
let sourceAt = Date.now();
const reports = new Map();
const acts = new Map();
const sockets = new Set();

const severities = {
  calm: () => 0,
  storm: () => (pick() < 0.12 ? 2 : pick() < 0.3 ? 1 : 0),
  stale: () => (pick() < 0.05 ? 1 : 0),
  dead: () => 0,
  empty: () => 0,
};
const severity = severities[mode];
const initial = { calm: 64, storm: 320, stale: 90, dead: 90, empty: 0 }[mode];
for (let i = 0; i < initial; i++)
  keep(
    make({ now: startedAt, ageMs: 120_000 + pick() * (mode === 'storm' ? 3.5 : 2.6) * 86400e3, severity: severity() }),
  );
if (mode === 'storm') {
  for (const s of sensors) Object.assign(s, storm(s, pick()));
}

function storm(sensor, p) {
  const value = Math.round(p * 900) / 10;
  const state = value > 70 ? 'critical' : value > 50 ? 'warning' : value > 30 ? 'attention' : 'normal';
  return { value, state, limit: state === 'normal' ? '' : 'ngưỡng mưa 30 mm/giờ' };
}

function keep(report) {
  reports.set(report.id, report);
  if (!acts.has(report.id)) acts.set(report.id, [act(1, 'receive', '', 'moi', report.received_at)]);
}

function act(n, name, from, to, at, more = {}) {
  return { n, act: name, from, to, actor: 'Hệ thống', reason: '', text: '', at, ...more };
}

// --- levels ---------------------------------------------------------------------------------------------

function levels() {
  const now = Date.now();
  const open = [...reports.values()].filter(isOpen);
  const late = open.filter((r) => Date.parse(r.due.resolve) < now);
  const none = mode === 'empty';
  const wet = [...sensors].sort((a, b) => b.value - a.value)[0];
  const oldest = Math.max(0, ...late.map((r) => (now - Date.parse(r.due.resolve)) / 3600e3));
  const stamp = { as_of: iso(now), origin: 'simulated' };
  const data = {
    'kpi/open': { value: open.length, day_ago: none ? null : Math.max(0, open.length - (mode === 'storm' ? 141 : -3)) },
    'kpi/overdue': { value: late.length, oldest_hours: late.length ? oldest : null },
    'kpi/received_24h': { value: received(now), day_before: none ? null : 31 },
    'kpi/on_time_30d': none
      ? { value: null, met: 0, due: 0, target: 95 }
      : mode === 'storm'
        ? { value: 91.7, met: 198, due: 216, target: 95 }
        : { value: 96.4, met: 210, due: 218, target: 95 },
    'kpi/rain_1h': wet
      ? {
          value: wet.value,
          unit: 'mm',
          sensor: wet.code,
          name: wet.name,
          area: wet.area,
          at: iso(now - 240e3),
          state: wet.state,
        }
      : null,
    'kpi/sources': none
      ? { live: 0, total: 0 }
      : { live: sensors.length - (mode === 'calm' ? 0 : 1), total: sensors.length },
    'kpi/hourly': {
      hours: hours(now),
      average: Array.from({ length: 24 }, (_, i) => (none ? null : 2 + 2 * Math.sin(i / 4) ** 2)),
    },
    'kpi/areas': { areas: areaCounts(open, late) },
    ...(none ? {} : stormLevels(now, open)),
    ...alarms.levels(),
  };
  const items = Object.entries(data).map(([key, d]) => ({
    key,
    version,
    at: iso(now),
    data: d === null ? null : { ...d, ...stamp },
  }));
  for (const s of sensors) {
    const at = s.silent && mode !== 'calm' ? startedAt - 5 * 3600e3 : now - 120e3;
    items.push({
      key: `sensor/${s.code}`,
      version,
      at: iso(at),
      data: { ...s, code: undefined, silent: undefined, at: iso(at) },
    });
  }
  return items;
}

// A river below, one between and one above its levels, one that nobody set any for; rain; what changed.
function stormLevels(now, open) {
  const wet = mode === 'storm' ? 1 : 0.05;
  const at = iso(now - 120e3);
  const river = (code, name, base, share, rate, more = {}) => {
    const limits = [base, base + 1.5, base + 3].map((level, i) => ({
      label: `BĐ${i + 1}`,
      at: level,
      source: '05/QĐ',
    }));
    const value = Math.round((base - 2 + share * wet * 5) * 100) / 100;
    const next = limits.find((limit) => limit.at > value) ?? null;
    const state = ['normal', 'attention', 'warning', 'critical'][limits.filter((limit) => limit.at <= value).length];
    const rising = mode === 'storm' && rate > 0;
    const eta = rising && next !== null ? Math.round(((next.at - value) * 100 * 60) / rate) : null;
    return {
      code,
      name,
      area: '24611',
      at,
      value,
      unit: 'm',
      state,
      limits,
      rate_cm_h: mode === 'storm' ? rate : 0,
      next: next && { label: next.label, at: next.at },
      eta_min: eta,
      stale_after_s: 1800,
      ...more,
    };
  };
  const wave = (n, scale, base) =>
    Array.from({ length: 49 }, (_, i) => Math.round((base + scale * Math.sin(i / n)) * 10) / 10);
  const worst = open.filter((r) => wallReport(r).state !== 'normal').slice(0, 12);
  return {
    'kpi/trend': {
      from: iso(now - 86400e3),
      step_s: 1800,
      series: {
        open: wave(9, 6, open.length),
        overdue: wave(7, 2, 4).map((n) => Math.max(0, Math.round(n))),
        received_24h: wave(11, 4, 30),
        on_time_30d: wave(20, 1.2, 96),
        rain_1h: wave(5, mode === 'storm' ? 30 : 0.3, mode === 'storm' ? 35 : 0.3),
        sources: wave(30, 1, 42),
      },
    },
    'storm/rivers': {
      rivers: [
        river('KN', 'Krông Nô – Đức Xuyên', 427.5, 1, 12),
        river('SP', 'Sêrêpôk – Cầu 14', 301, 0.72, 24),
        river('DN', 'Đồng Nai – Đắk Nông', 588.5, 0.5, -6),
        river('DT', 'Đắk Tih', 590, 0.3, 0),
        river('DB', 'Đắk Búk So', 700, 0.2, 3, { limits: [], next: null, eta_min: null, state: 'normal' }),
      ],
    },
    'storm/rain': {
      communes: areas
        .filter((a) => a.level === 'commune')
        .slice(0, 24)
        .map((a, i) => ({
          area: a.code,
          mm_1h: Math.round(wet * (620 - i * 24)) / 10,
          mm_3h: Math.round(wet * (1210 - i * 40)) / 10,
          mm_24h: i === 5 ? null : Math.round(wet * (2400 - i * 80)) / 10,
          state: mode !== 'storm' ? 'normal' : i < 2 ? 'critical' : i < 5 ? 'warning' : i < 9 ? 'attention' : 'normal',
          sensors: { live: i === 7 ? 0 : 1, total: 1 },
        })),
    },
    'storm/changed': {
      minutes: 15,
      received: mode === 'storm' ? 38 : 1,
      closed: 6,
      became_overdue: 2,
      raised: mode === 'storm' ? 9 : 0,
      items: worst.map((r, i) => ({
        at: iso(now - i * 70e3),
        kind: 'received',
        text: r.description,
        area: r.area,
        state: wallReport(r).state,
        id: r.id,
      })),
    },
  };
}

const received = (now) => [...reports.values()].filter((r) => Date.parse(r.received_at) > now - 86400e3).length;

function hours(now) {
  const first = Math.floor(now / 3600e3) - 23;
  return Array.from({ length: 24 }, (_, i) => {
    const at = (first + i) * 3600e3;
    const count = [...reports.values()].filter(
      (r) => Math.floor(Date.parse(r.received_at) / 3600e3) === first + i,
    ).length;
    return { at: iso(at), count };
  });
}

function areaCounts(open, late) {
  const order = ['normal', 'attention', 'warning', 'critical'];
  return areas
    .filter((a) => a.parent === '67')
    .map((a) => {
      const own = open.filter((r) => r.path[1] === a.code);
      const states = own.map((r) => wallReport(r).state);
      const worst = states.reduce((w, s) => (order.indexOf(s) > order.indexOf(w) ? s : w), 'normal');
      const count = (s) => states.filter((x) => x === s).length;
      return {
        area: a.code,
        open: own.length,
        overdue: late.filter((r) => r.path[1] === a.code).length,
        critical: count('critical'),
        warning: count('warning'),
        state: worst,
      };
    });
}

// --- live -----------------------------------------------------------------------------------------------

const beating = () => !(mode === 'dead' && Date.now() - startedAt > 12_000);

function broadcast(topic, frame) {
  const text = JSON.stringify(frame);
  for (const s of sockets) if (s.topics.includes(topic)) s.send(text);
}

function announce(report) {
  tell('report', report, wallReport(report));
}

function announceAlarm(alarm) {
  tell('alarm', alarm, wallAlarm(alarm));
}

function tell(kind, ops, wall) {
  for (const [topic, data] of [
    [wallTopic, wall],
    [opsTopic, ops],
  ]) {
    broadcast(topic, {
      type: 'event',
      topic,
      seq: ++heads[topic],
      kind,
      id: ops.id,
      version: ops.version,
      at: iso(Date.now()),
      data,
    });
  }
}

const incident = {
  id: '0193b000-0000-7000-8000-000000000001',
  version: 1,
  origin: 'simulated',
  code: 'SC-0012',
  title: 'Lũ trên sông Đắk Nông',
  kind: 'flood',
  state: 'open',
  area: '660',
  opened_at: iso(startedAt - 1800e3),
  alarms: alarms
    .sorted()
    .slice(0, 6)
    .map(({ id }) => id),
  reports: [],
  tasks: { open: 3, done: 1 },
};

function greet(socket, topics) {
  socket.topics = topics;
  const at = iso(Date.now());
  socket.send(
    JSON.stringify({ type: 'hello', protocol: 'toancanh.v1', at, epoch, build: 'mock', beat_ms: 2000, retry_ms: 500 }),
  );
  for (const topic of topics) {
    const list = topic.startsWith('wall/') ? [...reports.values()].map(wallReport) : [...reports.values()];
    const open = alarms.sorted();
    const cut = open.slice(1000);
    const left = (priority) => cut.filter((alarm) => alarm.priority === priority).length;
    const data = {
      reports: list,
      truncated: 0,
      alarms: open.slice(0, 1000).map(topic.startsWith('wall/') ? wallAlarm : (alarm) => alarm),
      alarms_truncated: { high: left('high'), medium: left('medium'), low: left('low') },
      incidents: mode === 'storm' ? [incident] : [],
    };
    socket.send(JSON.stringify({ type: 'snapshot', topic, epoch, seq: heads[topic], at, data }));
    socket.send(JSON.stringify({ type: 'level', topic, items: levels() }));
  }
  socket.send(JSON.stringify(beat()));
  sockets.add(socket);
}

const beat = () => ({ type: 'beat', at: iso(Date.now()), source_at: iso(sourceAt), epoch, heads });

setInterval(() => {
  if (!(mode === 'stale' && Date.now() - startedAt > 12_000)) sourceAt = Date.now();
}, 1000);
setInterval(() => {
  if (!beating()) return sockets.forEach((s) => s.terminate());
  const text = JSON.stringify(beat());
  sockets.forEach((s) => s.send(text));
}, 2000);
setInterval(() => {
  if (!beating()) return;
  version++;
  if (mode === 'storm')
    Object.assign(sensors[version % sensors.length], storm(sensors[version % sensors.length], 0.3 + pick() * 0.6));
  for (const topic of Object.keys(heads)) broadcast(topic, { type: 'level', topic, items: levels() });
}, 4000);
if (asked === 'flood') {
  // As fast as a storm that goes on: every alarm that comes is one more for the page.
  const rate = Number(flag('rate', '20'));
  setInterval(() => announceAlarm(alarms.make({ ageMs: 0 })), 1000 / rate);
}
if (mode === 'calm' || mode === 'storm') {
  setInterval(
    () => {
      const report = make({ now: Date.now(), ageMs: 0, severity: severity() });
      keep(report);
      announce(report);
    },
    mode === 'storm' ? 400 : 15_000,
  );
}

// --- http -----------------------------------------------------------------------------------------------

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
};
const policy = "default-src 'self'; worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'";

const problem = (status, title, detail, errors = []) => ({
  status,
  body: { type: 'about:blank', title, status, detail, request_id: 'mock', errors },
});
const ok = (body, status = 200) => ({ status, body });

const lawful = {
  moi: ['accept', 'refuse', 'merge', 'ask', 'confirm_place', 'withdraw'],
  can_bo_sung: ['supplement', 'refuse'],
  da_tiep_nhan: ['assign', 'withdraw'],
  da_phan_cong: ['start', 'return', 'resolve'],
  tra_lai: ['assign'],
  dang_xu_ly: ['resolve', 'request_extension', 'return'],
  xin_gia_han: ['approve_extension', 'deny_extension'],
  da_xu_ly: ['publish', 'reopen', 'complete'],
  cong_khai: ['withdraw', 'reopen', 'complete'],
  mo_lai: ['assign'],
};
const results = {
  accept: 'da_tiep_nhan',
  refuse: 'khong_tiep_nhan',
  merge: 'trung_lap',
  ask: 'can_bo_sung',
  supplement: 'moi',
  assign: 'da_phan_cong',
  return: 'tra_lai',
  start: 'dang_xu_ly',
  request_extension: 'xin_gia_han',
  approve_extension: 'dang_xu_ly',
  deny_extension: 'dang_xu_ly',
  resolve: 'da_xu_ly',
  publish: 'cong_khai',
  reopen: 'mo_lai',
  complete: 'hoan_thanh',
  withdraw: 'da_xu_ly',
};
const needs = {
  refuse: ['reason'],
  return: ['reason'],
  withdraw: ['reason'],
  assign: ['unit'],
  resolve: ['text'],
  publish: ['text'],
  ask: ['text'],
  merge: ['parent'],
};

function perform(id, body) {
  const report = reports.get(id);
  if (!report) return problem(404, 'Không tìm thấy phản ánh', '');
  if (body.version !== report.version)
    return problem(409, 'Phản ánh đã thay đổi', `Phản ánh đang ở phiên bản ${report.version}.`);
  if (!(lawful[report.status] ?? []).includes(body.act))
    return problem(
      409,
      'Không làm được việc này',
      `Ở trạng thái này chỉ có thể: ${(lawful[report.status] ?? []).join(', ')}.`,
    );
  const missing = (needs[body.act] ?? []).filter((field) => !body[field]?.trim());
  if (missing.length > 0)
    return problem(
      422,
      'Thiếu thông tin',
      '',
      missing.map((field) => ({ field, reason: 'required', detail: 'Không được để trống.' })),
    );
  const to = results[body.act] ?? report.status;
  const next = {
    ...report,
    version: report.version + 1,
    status: to,
    unit: body.unit ?? report.unit,
    answer: body.act === 'resolve' ? body.text : report.answer,
    reason: body.reason ?? report.reason,
  };
  acts.get(id).push(
    act(acts.get(id).length + 1, body.act, report.status, to, iso(Date.now()), {
      actor: 'Trực ban',
      reason: body.reason ?? '',
      text: body.text ?? '',
    }),
  );
  keep(next);
  announce(next);
  return ok({ report: next, allowed: lawful[to] ?? [] });
}

const fold = (s) => s.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('đ', 'd').replaceAll('Đ', 'D').toLowerCase();

function list(query) {
  const want = (name) => query.get(name) ?? '';
  let found = [...reports.values()].filter(
    (r) =>
      (want('status') === '' || r.status === want('status')) &&
      (want('category') === '' || r.category === want('category')) &&
      (want('area') === '' || r.path.includes(want('area'))) &&
      (want('open') === '' || isOpen(r) === (want('open') === 'true')) &&
      fold(`${r.code} ${r.description}`).includes(fold(want('q'))),
  );
  found.sort((a, b) =>
    want('sort') === 'due' ? a.due.running.localeCompare(b.due.running) : b.received_at.localeCompare(a.received_at),
  );
  const from = Number(want('cursor') || 0);
  const limit = Number(want('limit') || 50);
  const page = found.slice(from, from + limit);
  return ok({
    rows: page.map(asRow),
    next: from + limit < found.length ? String(from + limit) : '',
    total: from === 0 ? { count: found.length, exact: true } : null,
    as_of: iso(Date.now()),
  });
}

/** As much of a report as the console's table shows. */
function asRow(report) {
  const { id, code, version, origin, category, area, status, priority, emergency, unit, received_at, due } = report;
  const plain = { id, code, version, origin, category, area, status, priority, emergency, unit, received_at };
  return { ...plain, open: isOpen(report), due: due?.running ?? null, summary: report.description.slice(0, 140) };
}

const rights = Object.fromEntries(
  'session.own ticket.get listen.ops report.list alarm.list alarm.read alarm.ack alarm.shelve alarm.suppress alarm.service alarm.type.read alarm.type.change alarm.health screen.read screen.order'
    .split(' ')
    .map((action) => [action, 'everything']),
);
const person = { id: 'p1', login: 'truc', name: 'Trần Thị Trực', units: [], areas: [`${division}/67`], pin: false };
const desk = {
  stage: 'full',
  desk: false,
  person,
  roles: [{ id: 'truong_ca', label: 'Trưởng ca' }],
  rights,
  recovery: [],
};

function answerAlarms(method, second, third, url, body) {
  if (second === 'group-acts') {
    for (const id of body.ids) announceAlarm(alarms.perform(id, body));
    return ok({ act_id: 'g', done: body.ids.length, refused: 0, items: [] });
  }
  if (third === 'acts') {
    const changed = alarms.perform(second, body);
    if (changed === null) return problem(404, 'Không có cảnh báo này', '');
    if (['shelve', 'suppress', 'out_of_service'].includes(body.act) && !body.reason)
      return problem(422, 'Thiếu thông tin', '', [{ field: 'reason', reason: 'required', detail: 'Phải nêu lý do.' }]);
    announceAlarm(changed);
    return ok(changed);
  }
  if (second) return alarms.detail(second) ? ok(alarms.detail(second)) : problem(404, 'Không có cảnh báo này', '');
  if (url.pathname.endsWith('alarm-types')) return ok({ types: [] });
  const closed = url.searchParams.get('state') === 'closed';
  const found = [...alarms.all.values()].filter(({ state }) => (state === 'closed') === closed).reverse();
  const from = Number(url.searchParams.get('cursor') || 0);
  const limit = Number(url.searchParams.get('limit') || 50);
  return ok({ alarms: found.slice(from, from + limit), next: from + limit < found.length ? String(from + limit) : '' });
}

function answer(method, url, body) {
  const path = url.pathname.replace('/api/v1', '');
  const [, first, second, third] = path.split('/');
  if (first === 'scenes') return ok({ scenes: sceneList });
  if (first === 'screens' && method === 'POST') return ok({});
  if (first === 'screens')
    return ok({
      id: second,
      version: 1,
      scene: 'ngay-thuong',
      density: 'auto',
      ...(second === 'tinh' ? { panel_mm: 1370, viewing_mm: 3000 } : {}),
      show: {},
      title: 'Trung tâm Giám sát, điều hành thông minh tỉnh Đắk Nông',
      division,
      division_label: 'địa giới 2022',
      area: '67',
      area_name: 'tỉnh Đắk Nông',
      topics: [wallTopic],
      credit: shapes.commune.credit,
      schematic: true,
      origin: 'simulated',
      timezone: 'Asia/Ho_Chi_Minh',
      build: 'mock',
    });
  if (first === 'divisions')
    return ok({
      divisions: [
        { code: division, label: 'địa giới 2022', root: '67', valid_from: '2020-01-01', valid_to: null, current: true },
      ],
      default: division,
    });
  if (first === 'areas' && third === 'geometry') return ok(shapes[url.searchParams.get('level')]);
  if (first === 'areas') return ok({ division, areas });
  if (first === 'categories') return ok({ categories });
  if (first === 'units') return ok({ units });
  if (first === 'tickets') return ok({ ticket: 'mock.ticket', expires_at: iso(Date.now() + 86400e3) });
  if (first === 'alarms' || first === 'alarm-types') return answerAlarms(method, second, third, url, body);
  if (first === 'session') return ok(desk);
  if (first === 'reports' && third === 'acts' && method === 'POST') return perform(second, body);
  if (first === 'reports' && second === 'rows') return list(url.searchParams);
  if (first === 'reports' && second) {
    const report = reports.get(second);
    return report
      ? ok({ report, acts: acts.get(second), allowed: lawful[report.status] ?? [] })
      : problem(404, 'Không tìm thấy phản ánh', '');
  }
  return problem(404, 'Không có địa chỉ này', '');
}

async function readBody(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text === '' ? {} : JSON.parse(text);
}

async function file(path, response) {
  const name = path.startsWith('/wall') ? '/wall.html' : path === '/console' ? '/console.html' : path;
  const full = normalize(join(dist, name));
  if (!full.startsWith(dist)) throw new Error('outside');
  const bytes = await readFile(full);
  response.writeHead(200, {
    'Content-Type': types[extname(full)] ?? 'application/octet-stream',
    'Content-Security-Policy': policy,
  });
  response.end(bytes);
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url, 'http://mock');
  try {
    if (url.pathname === '/healthz') return response.end('ok');
    if (!url.pathname.startsWith('/api/')) return await file(url.pathname, response);
    const { status, body } = answer(request.method, url, request.method === 'POST' ? await readBody(request) : {});
    response.writeHead(status, { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json' });
    response.end(JSON.stringify(body));
  } catch {
    response.writeHead(404).end();
  }
});

const live = new WebSocketServer({ noServer: true, handleProtocols: () => 'toancanh.v1' });
server.on('upgrade', (request, socket, head) => {
  const url = new URL(request.url, 'http://mock');
  if (url.pathname !== '/live' || !beating()) return socket.destroy();
  live.handleUpgrade(request, socket, head, (ws) => {
    ws.on('close', () => sockets.delete(ws));
    greet(ws, (url.searchParams.get('topics') ?? '').split(','));
  });
});
server.listen(port, '127.0.0.1', () => console.log(`mock (${mode}): http://127.0.0.1:${port}/wall/tinh and /console`));
