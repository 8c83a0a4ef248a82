// From what the wall knows to what its map, its foot and its band show. Pure.
import type { Formats } from '../i18n/format';
import { m } from '../i18n/messages/messages.js';
import type { HeldLevel } from '../live/situation';
import type { MapPicture, Mark } from '../map/picture';
import { freshness, sensorLimits } from '../rules/age';
import { askedAt, isActive, isAnnounced, stateOfPriority } from '../rules/alarm';
import { countOpen } from '../rules/choropleth';
import { topNotices, type Notice } from '../rules/notices';
import type { Places } from '../rules/places';
import type { Shown } from '../rules/state';
import { alarmText, briefAlarmText, spotName } from '../ui/alarmWords';
import type { Alarm } from '../wire/alarm';
import { originOf, parseSensor, type SensorLevel } from '../wire/level';
import type { Origin, WallReport } from '../wire/report';

/** The sensors among the levels. */
export function sensorsOf(levels: readonly HeldLevel[]): SensorLevel[] {
  return levels.flatMap(({ key, data }) => (data === null ? [] : (parseSensor(key, data) ?? [])));
}

/** The state of a sensor as it may be shown: an old value says nothing about now. */
export function sensorState(sensor: SensorLevel, now: number): Shown {
  if (sensor.value === null) return 'unknown';
  return freshness(sensor.at, now, sensorLimits(sensor.staleAfterS)) === 'fresh' ? sensor.state : 'unknown';
}

/** What a map shows of what a wall knows. */
export interface Ground {
  reports: readonly WallReport[];
  sensors: readonly SensorLevel[];
  alarms: readonly Alarm[];
  /** Codes of sensors that are known to be silent, whatever their last value says. */
  silent: readonly string[];
}

export function mapPicture({ reports, sensors, alarms, silent }: Ground, now: number): MapPicture {
  const marks: Mark[] = [];
  const mute = new Set(silent);
  for (const { id, open, lat, lon, state } of reports) {
    if (open && lat !== null && lon !== null) marks.push({ id, lat, lon, state, kind: 'report' });
  }
  for (const sensor of sensors) {
    const { code, lat, lon } = sensor;
    if (lat === null || lon === null) continue;
    const state = mute.has(code) ? 'unknown' : sensorState(sensor, now);
    marks.push({ id: `sensor/${code}`, lat, lon, state, kind: 'sensor' });
  }
  for (const alarm of alarms) {
    const { id, lat, lon, priority, state } = alarm;
    if (lat === null || lon === null || state === 'closed' || !isAnnounced(alarm)) continue;
    marks.push({ id: `alarm/${id}`, lat, lon, state: stateOfPriority(priority), kind: `alarm-${state}` });
  }
  return { counts: countOpen(reports), marks };
}

export interface NoticeContext {
  now: number;
  places: Places;
  formats: Formats;
  /** How many lines there are. */
  most: number;
}

/**
 * What stands at the foot: active alarms, open reports, and sensors beyond a threshold of which no alarm speaks. Words are made
 * only for what comes first among its like: of thousands that is a handful.
 */
export function notices(
  { reports, sensors, alarms }: Pick<Ground, 'reports' | 'sensors' | 'alarms'>,
  context: NoticeContext,
): Notice[] {
  const { now, places, most } = context;
  const open = reports.flatMap((report) =>
    report.open ? { kind: 'report' as const, state: report.state, at: report.receivedAt, report } : [],
  );
  const fromReports = topNotices(open, most).map(({ report, ...ranked }): Notice => {
    const { id, summary, path } = report;
    const leaf = path.at(-1) ?? '';
    const spot = places.get(leaf)?.name ?? leaf;
    return { ...ranked, id, text: summary, place: places.short(path), spot, briefText: summary, alarm: null };
  });
  const active = alarms.flatMap((alarm) =>
    isAnnounced(alarm) && isActive(alarm)
      ? {
          kind: 'alarm' as const,
          state: stateOfPriority(alarm.priority),
          at: askedAt(alarm),
          waits: alarm.state === 'unacked',
          alarm,
        }
      : [],
  );
  const fromAlarms = topNotices(active, most).map(({ alarm, ...ranked }): Notice => {
    const spot = places.get(alarm.area)?.name ?? alarm.name;
    const texts = { text: alarmText(alarm, context.formats), briefText: briefAlarmText(alarm, context.formats) };
    return { ...ranked, id: `alarm/${alarm.id}`, ...texts, place: spotName(alarm), spot, alarm };
  });
  const told = new Set(active.flatMap(({ alarm }) => [alarm.target, ...alarm.members]));
  const fromSensors = sensors.flatMap((sensor): Notice[] => {
    const state = sensorState(sensor, now);
    if (state === 'normal' || state === 'unknown' || sensor.at === null || told.has(sensor.code)) return [];
    const { code, at, name, area } = sensor;
    const text = sensorText(sensor, context);
    const [spot, what] = [places.get(area)?.name, measuredWord(sensor)];
    const brief =
      spot === undefined || what === null ? { spot: name, briefText: text } : { spot, briefText: `${what} ${text}` };
    return [{ id: `sensor/${code}`, kind: 'sensor', state, at, text, place: name, ...brief, alarm: null }];
  });
  return topNotices([...fromAlarms, ...fromReports, ...fromSensors], most);
}

// A grade is its own limit: "cấp IV – nguy hiểm" says all there is to say.
const graded = 'fire';

function sensorText({ kind, value, unit, limit }: SensorLevel, { formats }: NoticeContext): string {
  if (kind === graded && limit !== '') return limit;
  const amount = `${value === null ? '?' : formats.amount(value)} ${unit}`;
  return limit === '' ? amount : m.notice_sensor({ amount, limit });
}

/** What a sensor measures, in a word or two; null where its name has to say it. */
function measuredWord({ kind }: SensorLevel): string | null {
  switch (kind) {
    case 'river':
      return m.measured_river();
    case 'inflow':
      return m.measured_inflow();
    case 'rain':
    case 'rain_24h':
      return m.measured_rain();
    case graded:
      return m.measured_fire();
    case 'pm25':
    case 'pm10':
    case 'aqi':
      return m.measured_air();
    default:
      return null;
  }
}

const order: readonly Origin[] = ['drill', 'simulated', 'replayed', 'imported'];

/** Every origin but "real" of anything shown. */
export function origins(
  screen: Origin | null,
  facts: readonly { origin: Origin }[],
  levels: readonly HeldLevel[],
): Origin[] {
  const found = new Set<Origin | null>([screen]);
  for (const { origin } of facts) found.add(origin);
  for (const { data } of levels) found.add(originOf(data));
  return order.filter((origin) => found.has(origin));
}
