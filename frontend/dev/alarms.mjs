// Invented alarms for the stand-in server: a few on a calm day, more in a storm, ten thousand in a flood.
import { division, iso } from './sample.mjs';

const kinds = [
  [
    'river',
    'Mực nước vượt BĐ2',
    'm',
    589.61,
    'BĐ2 589,50 m',
    'Cử người ra trạm, báo xã hạ du, theo dõi 15 phút một lần',
  ],
  ['rain', 'Mưa lớn trong 1 giờ', 'mm', 62.4, '50 mm/giờ', 'Báo xã rà soát điểm sạt lở và ngầm tràn'],
  ['link', 'Mất tín hiệu', '', null, '', 'Gọi đơn vị vận hành trạm kiểm tra nguồn và đường truyền'],
  ['pm25', 'Bụi mịn vượt ngưỡng', 'µg/m³', 71.2, '50 µg/m³', 'Thông báo trường học hạn chế hoạt động ngoài trời'],
];
const causes = {
  river: 'Mưa lớn thượng nguồn hoặc hồ xả tràn',
  rain: 'Mưa dông',
  link: 'Mất điện, hỏng thiết bị hoặc đứt đường truyền',
  pm25: 'Đốt rác, khói xe, thời tiết lặng gió',
};

/** The alarms of a mode, and the store that keeps them with their timelines. `pick` returns numbers in [0, 1). */
export function makeAlarms(areas, mode, pick) {
  const communes = areas.filter(({ level }) => level === 'commune');
  const all = new Map();
  const entries = new Map();
  let made = 0;

  function make(more = {}) {
    const n = ++made;
    const commune = communes[Math.floor(pick() * communes.length)];
    const [kind, label, unit, value, limit, response] = kinds[more.kindIndex ?? Math.floor(pick() * kinds.length)];
    const raised = Date.now() - (more.ageMs ?? Math.floor(pick() * 3600e3));
    const priority = more.priority ?? (pick() < 0.8 ? 'low' : 'medium');
    const alarm = {
      id: `0193a000-0000-7000-8000-${String(n).padStart(12, '0')}`,
      version: 1,
      origin: 'simulated',
      type: `${kind}_${priority}`,
      label,
      source: 'sensor',
      target: `${kind}-${n}`,
      target_name: `Trạm ${commune.name}${n > 40 ? ` ${n}` : ''}`,
      priority,
      state: more.state ?? 'unacked',
      aside: '',
      area: commune.code,
      path: ['67', commune.parent, commune.code],
      division,
      lat: commune.lat + (pick() - 0.5) * 0.06,
      lon: commune.lon + (pick() - 0.5) * 0.06,
      value,
      unit,
      limit,
      raised_at: iso(raised),
      known_at: iso(raised),
      again_at: null,
      acked_at: more.state === 'acked' ? iso(raised + 60e3) : null,
      acked_by: more.state === 'acked' ? 'Trưởng ca' : '',
      cleared_at: more.state === 'cleared' ? iso(raised + 300e3) : null,
      closed_at: null,
      until: null,
      aside_reason: '',
      silenced_until: null,
      count: 1,
      chattering: false,
      ack_by: iso(raised + 120e3),
      stale: more.stale ?? false,
      kind,
      cause: causes[kind],
      consequence: 'Người dân ven sông, suối không kịp sơ tán',
      response,
      response_minutes: 10,
      owner: 'pctt',
      members: [],
      incident: '',
      callout: { state: '', step: 0, to: '', at: null, channel: '', result: '' },
      ...more.fields,
    };
    all.set(alarm.id, alarm);
    entries.set(alarm.id, [entry(1, 'raise', iso(raised), { value })]);
    return alarm;
  }

  function entry(n, act, at, more = {}) {
    return {
      n,
      at,
      act,
      act_id: '',
      from: '',
      to: '',
      aside: '',
      actor: '',
      role: '',
      reason: '',
      text: '',
      value: null,
      until: null,
      ...more,
    };
  }

  const calling = {
    state: 'calling',
    step: 2,
    to: 'lanh_dao_truc',
    at: iso(Date.now()),
    channel: 'sms',
    result: 'sent',
  };
  if (mode === 'calm') {
    make({ kindIndex: 2, priority: 'low', state: 'acked', ageMs: 40 * 60e3 });
    make({ kindIndex: 3, priority: 'low', state: 'cleared', ageMs: 90 * 60e3 });
    make({
      kindIndex: 2,
      priority: 'medium',
      state: 'acked',
      ageMs: 26 * 3600e3,
      stale: true,
      fields: { aside: 'shelved', aside_reason: 'Đang thay pin', until: iso(Date.now() + 3600e3) },
    });
  }
  if (mode === 'storm' || mode === 'flood') {
    make({ kindIndex: 0, priority: 'high', ageMs: 134e3, fields: { callout: calling } });
    make({ kindIndex: 1, priority: 'high', ageMs: 12e3 });
    make({ kindIndex: 0, priority: 'high', state: 'acked', ageMs: 25 * 60e3 });
    for (let i = 0; i < (mode === 'flood' ? 9990 : 9); i++) make({ state: pick() < 0.1 ? 'acked' : 'unacked' });
    make({
      kindIndex: 2,
      priority: 'medium',
      fields: {
        members: Array.from({ length: 40 }, (_, i) => `s-${i}`),
        target_name: 'Trạm gom Cư Jút',
        source: 'gateway',
      },
    });
    make({ kindIndex: 3, priority: 'medium', fields: { chattering: true, count: 7 } });
  }
  if (mode === 'stale') for (let i = 0; i < 4; i++) make();

  const flooded = mode === 'flood';
  const since = iso(Date.now() - 6 * 60e3);
  const open = () => [...all.values()].filter(({ state }) => state !== 'closed');
  const loud = { high: 0, medium: 1, low: 2 };
  const sorted = () =>
    open().sort((a, b) => loud[a.priority] - loud[b.priority] || b.raised_at.localeCompare(a.raised_at));

  function levels() {
    const count = (priority) => {
      const own = open().filter((a) => a.priority === priority && a.aside === '');
      const of = (state) => own.filter((a) => a.state === state).length;
      return { unacked: of('unacked'), acked: of('acked'), cleared: of('cleared') };
    };
    const summary = {
      high: count('high'),
      medium: count('medium'),
      low: count('low'),
      shelved: open().filter(({ aside }) => aside === 'shelved').length,
      suppressed: 0,
      out_of_service: 0,
      stale: open().filter(({ stale }) => stale).length,
      chattering: open().filter(({ chattering }) => chattering).length,
      rate_10m: flooded ? 940 : 2,
      flood: flooded,
      flood_since: flooded ? since : null,
      silent: mode === 'empty' ? 0 : mode === 'calm' ? 1 : 12,
      silent_sensors: [],
    };
    return { 'alarms/summary': summary, ...(flooded ? { 'alarms/groups': { groups: groups() } } : {}) };
  }

  function groups() {
    const found = new Map();
    for (const alarm of open().filter(({ priority, aside }) => priority !== 'high' && aside === '')) {
      const key = `${alarm.path[1]}|${alarm.kind}|${alarm.cause}`;
      const group = found.get(key) ?? {
        key,
        area: alarm.path[1],
        kind: alarm.kind,
        label: alarm.label,
        priority: 'low',
        count: 0,
        unacked: 0,
        newest_at: '',
        ids: [],
      };
      found.set(key, group);
      group.count++;
      if (alarm.priority === 'medium') group.priority = 'medium';
      if (alarm.state !== 'acked') group.unacked++;
      if (alarm.raised_at > group.newest_at) group.newest_at = alarm.raised_at;
      if (group.ids.length < 20) group.ids.push(alarm.id);
    }
    return [...found.values()].sort((a, b) => loud[a.priority] - loud[b.priority] || b.count - a.count);
  }

  function perform(id, body) {
    const was = all.get(id);
    if (!was) return null;
    const at = iso(Date.now());
    const changes = {
      ack: { state: was.state === 'cleared' ? 'closed' : 'acked', acked_at: at, acked_by: 'Cán bộ trực' },
      silence: { silenced_until: iso(Date.now() + 30e3) },
      unsilence: { silenced_until: null },
      shelve: { aside: 'shelved', until: iso(Date.now() + (body.minutes ?? 60) * 60e3), aside_reason: body.reason },
      suppress: { aside: 'suppressed', aside_reason: body.reason },
      out_of_service: { aside: 'out_of_service', aside_reason: body.reason },
    }[body.act] ?? { aside: '', until: null };
    const next = { ...was, version: was.version + 1, ...(body.act === 'comment' ? {} : changes) };
    all.set(id, next);
    entries.get(id).push(
      entry(entries.get(id).length + 1, body.act, at, {
        actor: 'Trần Thị Trực',
        reason: body.reason ?? '',
        text: body.text ?? '',
      }),
    );
    return next;
  }

  return {
    all,
    sorted,
    levels,
    perform,
    make,
    detail: (id) => all.has(id) && { ...all.get(id), entries: entries.get(id), attempts: [] },
  };
}

/** The form of walls: a role in place of a name. */
export const wallAlarm = (alarm) => ({ ...alarm, acked_by: alarm.acked_by === '' ? '' : 'Cán bộ trực' });
