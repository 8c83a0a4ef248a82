// Shows notices of public facts while no page is open, and leads to the page of their area. It answers no request.
'use strict';
addEventListener('install', (event) => event.waitUntil(skipWaiting()));
addEventListener('activate', (event) => event.waitUntil(clients.claim()));
addEventListener('push', (event) => {
  const notice = event.data.json();
  event.waitUntil(registration.showNotification(notice.title, { body: notice.body, tag: notice.tag, lang: notice.lang, data: notice.path }));
});
addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(clients.openWindow(event.notification.data));
});
addEventListener('pushsubscriptionchange', (event) => event.waitUntil((async () => {
  const before = event.oldSubscription;
  if (!before) return; // the page subscribes again when it is opened
  const after = await registration.pushManager.subscribe(before.options);
  const { endpoint, keys } = after.toJSON();
  await fetch('/api/v1/subscriptions/move', {
    method: 'POST', headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ old_endpoint: before.endpoint, old_auth: before.toJSON().keys.auth, endpoint, ...keys }),
  });
})()));
