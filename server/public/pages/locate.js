// Offers to fill in where the sender stands. The form works without it.
'use strict';
(() => {
  const place = document.getElementById('vi-tri');
  if (!place || !navigator.geolocation || !isSecureContext) return;
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = place.dataset.use;
  const said = document.createElement('span');
  said.setAttribute('role', 'status');
  button.onclick = () => {
    said.textContent = ' ' + place.dataset.wait;
    navigator.geolocation.getCurrentPosition(
      (at) => {
        document.getElementById('lat').value = at.coords.latitude.toFixed(6);
        document.getElementById('lon').value = at.coords.longitude.toFixed(6);
        said.textContent = ' ' + place.dataset.done;
      },
      () => { said.textContent = ' ' + place.dataset.failed; },
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 },
    );
  };
  place.append(button, said);
})();
