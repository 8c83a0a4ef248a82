import { describe, expect, it } from 'vitest';
import { parseScreenState, unsetScreen } from './screen';

const raw = {
  id: 'tinh',
  version: 7,
  scene: 'mua-bao',
  density: 'near',
  panel_mm: 1370,
  viewing_mm: 3000,
  show: {
    scene: 'mua-bao',
    area: { division: 'vn-2022', code: '663' },
    highlight: { kind: 'report', id: 'K7M2-Q9XD' },
    message: { text: 'Họp giao ban lúc 15 giờ', state: 'warning', until: '2026-11-23T08:00:00Z' },
    presenter: 'tinh',
    reload: 2,
  },
};

const nothing = { scene: '', area: null, highlight: null, message: null, presenter: '', reload: 0 };

describe('a screen', () => {
  it('is read whole', () => {
    expect(parseScreenState(raw)).toEqual({
      id: 'tinh',
      version: 7,
      scene: 'mua-bao',
      density: 'near',
      panelMm: 1370,
      viewingMm: 3000,
      show: {
        ...raw.show,
        message: { text: 'Họp giao ban lúc 15 giờ', state: 'warning', until: Date.UTC(2026, 10, 23, 8) },
      },
    });
  });

  it('for which nothing was ever set shows the ordinary day', () => {
    expect(parseScreenState({ id: '660', version: 0 })).toEqual(unsetScreen('660'));
    expect(unsetScreen('660')).toEqual({
      id: '660',
      version: 0,
      scene: 'ngay-thuong',
      density: 'auto',
      panelMm: null,
      viewingMm: null,
      show: nothing,
    });
  });

  it('without an id or a version is unreadable', () => {
    expect(parseScreenState({ ...raw, id: undefined })).toBeNull();
    expect(parseScreenState({ ...raw, version: '7' })).toBeNull();
  });

  it('shows nothing for parts that cannot be read', () => {
    const odd = {
      area: { division: 'vn-2022' },
      highlight: { kind: 'hologram', id: 'x' },
      message: { text: '', state: 'critical' },
      reload: -1,
      presenter: 3,
    };
    expect(parseScreenState({ ...raw, show: odd })?.show).toEqual(nothing);
    expect(parseScreenState({ ...raw, density: 'nearest', panel_mm: 0, viewing_mm: 'far' })).toMatchObject({
      density: 'auto',
      panelMm: null,
      viewingMm: null,
    });
  });

  it('takes a message of an unknown state for the mildest', () => {
    const show = { message: { text: 'Chào', state: 'panic', until: 'soon' } };
    expect(parseScreenState({ ...raw, show })?.show.message).toEqual({ text: 'Chào', state: 'attention', until: null });
  });
});
