import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { precompress } from './build/precompress.ts';
import { shell, wireMark } from './build/shell.ts';

const page = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export default defineConfig(({ mode }) => ({
  plugins: [svelte(), shell(), precompress()],
  define: { __WIRE__: JSON.stringify(wireMark(page('.'))) },
  publicDir: false, // every asset has a hash in its name, so that it can be kept for ever
  build: {
    target: 'es2022',
    // A data: URL would need a hole in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
    rolldownOptions: {
      input: {
        wall: page('wall.html'),
        console: page('console.html'),
        leader: page('leader.html'),
        'wall-worker': page('src/shell/worker.ts'),
        'console-worker': page('src/console/duty/worker.ts'),
      },
      // Service workers keep their addresses from build to build.
      output: {
        entryFileNames: ({ name }) => (name.endsWith('-worker') ? '[name].js' : 'assets/[name]-[hash].js'),
        // What the faces share lies in one piece: a dozen small ones cost more than they hold. What no wall needs is not in it.
        codeSplitting: {
          groups: [
            {
              name: 'shared',
              test: /src\/(?:live|rules(?!\/(?:priority|storm))|ui|wire(?!\/(?:queue|row))|i18n\/[a-z]+\.ts)/,
              minShareCount: 2,
            },
          ],
        },
      },
    },
  },
  // Svelte's server build is what Node would pick; components are tested as a browser has them.
  ...(mode === 'test' ? { resolve: { conditions: ['browser'] } } : {}),
  server: { proxy: { '/api': 'http://127.0.0.1:8080', '/live': { target: 'ws://127.0.0.1:8080', ws: true } } },
  test: {
    environment: 'node',
    include: process.env['PIXELS'] === '1' ? ['src/**/*.pixels.ts'] : ['src/**/*.test.ts', 'build/**/*.test.ts'],
    testTimeout: 20_000,
  },
}));
