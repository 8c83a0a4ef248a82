// Our own font files for text that the map itself draws: no glyph server, and the same look on every machine.
import latin from '@fontsource/be-vietnam-pro/files/be-vietnam-pro-latin-600-normal.woff2?url';
import vietnamese from '@fontsource/be-vietnam-pro/files/be-vietnam-pro-vietnamese-600-normal.woff2?url';
import type { StyleSpecification } from 'maplibre-gl';

export const mapFont = 'Be Vietnam Pro SemiBold';

const absolute = (url: string): string => new URL(url, window.location.href).href;

export const fontFaces = {
  [mapFont]: [
    {
      url: absolute(vietnamese),
      'unicode-range': [
        'U+0102-0103',
        'U+0110-0111',
        'U+0128-0129',
        'U+0168-0169',
        'U+01A0-01A1',
        'U+01AF-01B0',
      ].concat(['U+0300-0301', 'U+0303-0304', 'U+0308-0309', 'U+0323', 'U+0329', 'U+1EA0-1EF9', 'U+20AB']),
    },
    { url: absolute(latin), 'unicode-range': ['U+0000-00FF', 'U+2000-206F', 'U+2212'] },
  ],
} satisfies StyleSpecification['font-faces'];
