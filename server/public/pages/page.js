// Keeps the page at its newest without losing the reader's place. The button stops that (WCAG 2.2.2).
'use strict';
(() => {
  const words = document.documentElement.lang === 'en'
    ? ['Pause updates', 'Resume updates']
    : ['Tạm dừng cập nhật', 'Tiếp tục cập nhật'];
  let paused = false;
  const hang = () => {
    const place = document.getElementById('tam-dung');
    if (!place) return;
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = words[paused ? 1 : 0];
    button.onclick = () => { paused = !paused; button.textContent = words[paused ? 1 : 0]; };
    place.append(button);
  };
  const renew = async () => {
    if (paused || document.hidden || document.getElementById('noi-dung').contains(document.activeElement)) return;
    try {
      const answer = await fetch(location.href, { cache: 'no-cache', signal: AbortSignal.timeout(10000) });
      const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('noi-dung');
      const now = document.getElementById('noi-dung');
      if (!fresh || fresh.innerHTML === now.dataset.made) return;
      now.innerHTML = fresh.innerHTML;
      now.dataset.made = fresh.innerHTML;
      hang();
    } catch { /* the page keeps its own time in words */ }
  };
  hang();
  setInterval(renew, 30000);
  document.addEventListener('visibilitychange', renew);
})();
