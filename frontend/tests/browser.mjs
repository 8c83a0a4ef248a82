// Starts the system's Chromium for tests and screenshots. Nothing is downloaded.
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';

const places = [
  process.env.TOANCANH_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];

/** The flags that give WebGL 2 without a GPU and keep Chromium from calling out. */
export const flags = [
  '--no-sandbox',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--ignore-gpu-blocklist',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** The path of a Chromium on this machine, or null. */
export const findChromium = () => places.find((path) => path !== undefined && existsSync(path)) ?? null;

/** Launches it; the caller closes it. */
export function launch() {
  const executablePath = findChromium();
  if (executablePath === null) throw new Error('no Chromium found: install one or name it in TOANCANH_CHROMIUM');
  return chromium.launch({ executablePath, args: flags });
}
