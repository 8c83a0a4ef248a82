// This browser as one that takes notices of duty: its service worker, its subscription.

/** What keeps this browser from taking notices: it cannot, or somebody said no; empty while nothing does. */
export function hindrance(): '' | 'cannot' | 'denied' {
  if (!('serviceWorker' in navigator) || !('PushManager' in window) || !('Notification' in window)) return 'cannot';
  return Notification.permission === 'denied' ? 'denied' : '';
}

/** Registers the worker; its notices lead to the console. */
export function worker(): Promise<ServiceWorkerRegistration> {
  return navigator.serviceWorker.register('/console/worker.js', { scope: '/console', updateViaCache: 'none' });
}

/** Bytes as the server writes them: base64url without padding. */
export function base64url(bytes: ArrayBuffer | null): string {
  const text = String.fromCharCode(...new Uint8Array(bytes ?? new ArrayBuffer(0)));
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/**
 * Subscribes this browser with the house's key, in place of a subscription with another one. To be called from a gesture: the
 * browser asks. Null when the answer was no.
 */
export async function subscribe(key: string): Promise<PushSubscription | null> {
  if ((await Notification.requestPermission()) !== 'granted') return null;
  const registration = await worker();
  const before = await registration.pushManager.getSubscription();
  if (before !== null && base64url(before.options.applicationServerKey) !== key) await before.unsubscribe();
  return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
}
