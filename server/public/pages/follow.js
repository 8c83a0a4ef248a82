// Takes the secret of a receipt from behind the address to where no other page, log or history sees it.
'use strict';
(() => {
  const take = () => {
    const secret = location.hash.slice(1);
    if (!/^[A-Za-z0-9_-]{22}$/.test(secret)) return;
    history.replaceState(null, '', location.pathname);
    const form = document.getElementById('khoa');
    if (!form) return; // the device knows it already
    document.getElementById('secret').value = secret;
    form.submit();
  };
  take();
  addEventListener('hashchange', take);
})();
