// Lets a browser hear of public facts by push. What it chose stays on the device; the house keeps no more than it must to tell it.
'use strict';
(async () => {
  const part = document.getElementById('day');
  if (!part || !('serviceWorker' in navigator) || !('PushManager' in window)) return;
  const english = document.documentElement.lang === 'en';
  const words = english
    ? { on: 'This browser gets notices.', off: 'This browser gets no notices any more.', none: 'Choose at least one place.',
        refused: 'The browser does not allow notices. You can allow them in its settings.', failed: 'That did not work: ' }
    : { on: 'Trình duyệt này đang nhận tin.', off: 'Trình duyệt này đã ngừng nhận tin.', none: 'Xin chọn ít nhất một địa bàn.',
        refused: 'Trình duyệt không cho phép thông báo. Có thể cho phép trong phần cài đặt của trình duyệt.', failed: 'Chưa được: ' };
  const [places, least, categories] = ['noi', 'muc', 'loai-day'].map((id) => document.getElementById(id));
  const stop = document.getElementById('ngung');
  const offer = stop.parentElement; // a button's own style would show it
  const status = document.getElementById('day-tin');
  const chosen = (select) => [...select.selectedOptions].map((option) => option.value);
  const choose = (select, values) => { for (const option of select.options) option.selected = values.includes(option.value); };
  const post = async (path, body) => {
    const answer = await fetch('/api/v1/subscriptions' + path, {
      method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body), signal: AbortSignal.timeout(15000),
    });
    if (answer.ok || (path === '/end' && answer.status === 404)) return;
    const problem = await answer.json().catch(() => ({}));
    throw new Error(problem.errors?.[0]?.detail ?? problem.detail ?? answer.status);
  };
  const told = (subscription) => {
    const { endpoint, keys } = subscription.toJSON();
    return { endpoint, ...keys };
  };
  const send = (subscription, choice) => post('', { ...told(subscription), ...choice, language: english ? 'en' : 'vi' });
  const show = (on, text) => { offer.hidden = !on; status.textContent = text; };
  const trying = async (deed) => {
    try { await deed(); } catch (err) { status.textContent = words.failed + err.message; }
  };
  const registration = await navigator.serviceWorker.register('/theo-doi/worker.js', { scope: '/theo-doi/' });
  const kept = JSON.parse(localStorage.getItem('theo-doi') ?? 'null');
  part.hidden = false;
  part.querySelector('form').onsubmit = (event) => {
    event.preventDefault();
    trying(async () => {
      const all = chosen(categories);
      const choice = { areas: chosen(places), categories: all.includes('*') ? ['*'] : all, severity: least.value };
      if (choice.areas.length === 0) return show(!offer.hidden, words.none);
      if (await Notification.requestPermission() !== 'granted') return show(!offer.hidden, words.refused);
      const subscription = await registration.pushManager.getSubscription()
        ?? await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: part.dataset.key });
      await send(subscription, choice);
      localStorage.setItem('theo-doi', JSON.stringify(choice));
      show(true, words.on);
    });
  };
  stop.onclick = () => trying(async () => {
    const subscription = await registration.pushManager.getSubscription();
    if (subscription) {
      const { endpoint, auth } = told(subscription);
      await post('/end', { endpoint, auth });
      await subscription.unsubscribe();
    }
    localStorage.removeItem('theo-doi');
    show(false, words.off);
  });
  const subscription = await registration.pushManager.getSubscription();
  if (!kept || !subscription) return;
  choose(places, kept.areas);
  choose(categories, kept.categories);
  least.value = kept.severity;
  await trying(async () => { await send(subscription, kept); show(true, words.on); }); // renews it
})();
