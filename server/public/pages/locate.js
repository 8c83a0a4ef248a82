// Offers to fill in where the sender stands. The forms work without it.
'use strict';
(() => {
  if (!navigator.geolocation || !isSecureContext) return;
  for (const place of document.querySelectorAll('#vi-tri, .vi-tri')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = place.dataset.use;
    const said = document.createElement('span');
    said.setAttribute('role', 'status');
    button.onclick = () => {
      said.textContent = ' ' + place.dataset.wait;
      navigator.geolocation.getCurrentPosition(
        (at) => {
          const fields = place.closest('form').elements;
          fields.lat.value = at.coords.latitude.toFixed(6);
          fields.lon.value = at.coords.longitude.toFixed(6);
          said.textContent = ' ' + place.dataset.done;
        },
        () => { said.textContent = ' ' + place.dataset.failed; },
        { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 },
      );
    };
    place.append(button, said);
  }
})();
