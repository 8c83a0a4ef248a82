// Keeps the page at its newest without losing the reader's place, and says when it cannot. The button stops that
// (WCAG 2.2.2); the summary is read aloud at most once in ten seconds (4.1.3). A warning ends by its own time, whoever answers.
'use strict';
(() => {
  const english = document.documentElement.lang === 'en';
  const words = english
    ? { pause: 'Pause updates', resume: 'Resume updates', ended: 'Ended at', allEnded: 'Warnings that have ended', lost: 'The centre has not answered since {}. What stands here may be old.' }
    : { pause: 'Tạm dừng cập nhật', resume: 'Tiếp tục cập nhật', ended: 'Đã hết hạn lúc', allEnded: 'Cảnh báo đã hết hạn', lost: 'Trung tâm không trả lời từ {}. Những gì ghi ở đây có thể đã cũ.' };
  const { zone } = document.currentScript.dataset; // the centre's, wherever the reader is
  const every = 5000;
  const longest = 30000;
  const sayEvery = 10000;
  const find = (id, from = document) => from.getElementById(id);
  let paused = false;
  let failed = 0;
  let answered = new Date();
  let said = 0;
  let made = '';
  let timer = 0;

  // What time it is at the centre, whatever the reader's clock shows: that of its newest answer and what has passed since. The
  // page's own time is never later than when it came.
  let centre = { then: Date.parse(document.querySelector('.at time')?.dateTime ?? ''), here: Date.now() };
  const end = () => {
    const now = centre.then + (Date.now() - centre.here);
    for (const line of document.querySelectorAll('.until')) {
      if (!(Date.parse(line.querySelector('time').dateTime) <= now)) continue;
      line.className = '';
      line.firstElementChild.textContent = words.ended;
      line.closest('li').className = 'ended';
    }
    const head = find('canh-bao');
    if (head && !document.querySelector('.until')) head.textContent = words.allEnded;
  };

  const place = find('tam-dung');
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = words.pause;
  button.onclick = () => {
    paused = !paused;
    button.textContent = paused ? words.resume : words.pause;
    if (!paused) renew();
  };
  if (place) place.replaceChildren(button); // in the place of the links for who has no script

  const tell = (lost) => {
    const line = find('mat-noi');
    if (!line) return;
    line.hidden = !lost;
    const text = lost ? words.lost.replace('{}', answered.toLocaleTimeString(english ? 'en-GB' : 'vi-VN', { timeZone: zone })) : '';
    if (line.textContent !== text) line.textContent = text;
  };
  const show = (fresh) => {
    const newer = find('tom-tat', fresh);
    const summary = find('tom-tat');
    if (newer && summary && newer.textContent !== summary.textContent && Date.now() - said >= sayEvery) {
      said = Date.now();
      summary.textContent = newer.textContent;
    }
    const now = find('than');
    const next = find('than', fresh);
    if (!now || !next || next.innerHTML === made || now.contains(document.activeElement)) return;
    const open = [...now.querySelectorAll('details[open]')].map((d) => d.id);
    now.innerHTML = made = next.innerHTML;
    for (const id of open) find(id)?.setAttribute('open', '');
  };
  const later = () => {
    clearTimeout(timer);
    const wait = Math.min(longest, every * 2 ** Math.max(0, failed - 1));
    timer = setTimeout(renew, wait * (0.8 + 0.2 * Math.random()));
  };
  const renew = async () => {
    clearTimeout(timer);
    if (!paused && !document.hidden) {
      try {
        const answer = await fetch(location.href, { cache: 'no-cache', signal: AbortSignal.timeout(4000) });
        if (!answer.ok && answer.status !== 503) throw new Error(answer.status);
        show(new DOMParser().parseFromString(await answer.text(), 'text/html'));
        answered = new Date();
        failed = 0;
        const then = Date.parse(answer.headers.get('date') ?? '');
        if (then) centre = { then, here: Date.now() };
      } catch {
        failed++;
      }
      tell(failed > 0);
    }
    end();
    later();
  };
  document.addEventListener('visibilitychange', () => { if (!document.hidden) renew(); });
  later();
})();
