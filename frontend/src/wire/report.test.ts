import { describe, expect, it } from 'vitest';
import { parseOpsReport, parseWallReport } from './report';

const wall = {
  id: 'a',
  code: 'K7M2-Q9XD',
  version: 3,
  origin: 'real',
  category: 'MT',
  summary: 'Ra\u0301c',
  lat: 12,
  lon: 107.6,
  area: '24611',
  path: ['67', '660', '24611'],
  status: 'da_phan_cong',
  state: 'warning',
  open: true,
  received_at: '2026-11-23T02:00:00Z',
  due_at: null,
};

describe('a wall report', () => {
  it('is read with its text composed', () => {
    expect(parseWallReport(wall)).toMatchObject({ id: 'a', version: 3, summary: 'Rác', state: 'warning', dueAt: null });
  });

  it.each(['id', 'version', 'status', 'received_at'])('without %s cannot be used', (field) => {
    expect(parseWallReport({ ...wall, [field]: undefined })).toBeNull();
  });

  it('of an unknown origin is never taken for real', () => {
    expect(parseWallReport({ ...wall, origin: 'guessed' })?.origin).toBe('simulated');
    expect(parseWallReport({ ...wall, origin: undefined })?.origin).toBe('simulated');
  });

  it('without a place has none, not the equator', () => {
    expect(parseWallReport({ ...wall, lat: null, lon: undefined })).toMatchObject({ lat: null, lon: null });
  });
});

describe('who acts next on a wall report', () => {
  it('is the unit, by its name, and the act the clock waits for', () => {
    const raw = { ...wall, unit: 'so-xd', unit_name: 'Sở Xây dựng', next_act: 'resolve' };
    expect(parseWallReport(raw)).toMatchObject({ unit: 'so-xd', unitName: 'Sở Xây dựng', nextAct: 'resolve' });
  });

  it('falls back to the code of the unit, and to no act this build does not know', () => {
    expect(parseWallReport({ ...wall, unit: 'so-xd', next_act: 'dance' })).toMatchObject({
      unitName: 'so-xd',
      nextAct: '',
    });
    expect(parseWallReport(wall)).toMatchObject({ unit: '', unitName: '', nextAct: '' });
  });
});

describe('an ops report', () => {
  it('is due when the clock that runs ends', () => {
    const got = parseOpsReport({ ...wall, description: 'x', due: { accept: null, running: '2026-11-23T04:00:00Z' } });
    expect(got?.dueAt).toBe(Date.UTC(2026, 10, 23, 4));
  });

  it('counts the photos, none where an older server says nothing of them', () => {
    expect(parseOpsReport({ ...wall, photos: 3 })?.photos).toBe(3);
    expect(parseOpsReport({ ...wall })?.photos).toBe(0);
    expect(parseOpsReport({ ...wall, photos: -1 })?.photos).toBe(0);
  });

  it('keeps what the staff see of photos from the wall', () => {
    expect(parseWallReport({ ...wall, photos: 3 })).not.toHaveProperty('photos');
  });
});
