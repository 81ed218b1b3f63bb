// Keeps the page true: when something changed, the page reads itself anew and replaces the parts marked data-live that differ.
(() => {
  'use strict';
  const where = document.body.dataset.events;
  if (!where) return;
  const down = () => { for (const e of document.querySelectorAll('[data-bottom]')) e.scrollTop = e.scrollHeight; };
  down();
  let reading = false, again = false;
  const read = async () => {
    if (reading) { again = true; return; }
    reading = true;
    try {
      const page = location.pathname.replace(/\/(claim|resolve|return|release|reopen|reply|note|draft|show)$/, '');
      const res = await fetch(page, { headers: { Accept: 'text/html' } });
      if (res.redirected && new URL(res.url).pathname.endsWith('/login')) { location.reload(); return; }
      if (!res.ok) return;
      const fresh = new DOMParser().parseFromString(await res.text(), 'text/html');
      for (const old of document.querySelectorAll('[data-live]')) {
        const part = fresh.getElementById(old.id);
        if (!part || part.innerHTML === old.innerHTML) continue;
        const near = old.scrollHeight - old.scrollTop - old.clientHeight < 80;
        old.innerHTML = part.innerHTML; // the server's own page, rendered and escaped there
        if (near && 'bottom' in old.dataset) old.scrollTop = old.scrollHeight;
      }
      const form = document.querySelector('form.write'), next = fresh.querySelector('form.write');
      if (!form && next) { location.replace(page); return; }
      if (form && next) {
        const text = form.querySelector('textarea');
        const send = !!form.querySelector('.buttons .primary'), may = !!next.querySelector('.buttons .primary');
        const old = form.querySelector('[name=handoff]').value, now = next.querySelector('[name=handoff]').value;
        if (send !== may || old !== now) {
          // What is written, and what belongs to it — a draft's key and marks — stays.
          form.querySelector('[name=handoff]').value = now;
          text.placeholder = next.querySelector('textarea').placeholder;
          const style = (f) => [...f.querySelectorAll('select')];
          const chosen = style(form).map((s) => s.value);
          form.querySelector('.buttons').innerHTML = next.querySelector('.buttons').innerHTML;
          style(form).forEach((s, i) => { s.value = chosen[i]; });
        }
      }
    } finally { reading = false; if (again) { again = false; read(); } }
  };
  const source = new EventSource(where);
  source.addEventListener('changed', read);
  let timer = 0;
  source.addEventListener('typing', () => { const t = document.getElementById('typing'); if (!t) return; t.hidden = false; clearTimeout(timer); timer = setTimeout(() => { const x = document.getElementById('typing'); if (x) x.hidden = true; }, 5000); });
  let told = 0;
  document.addEventListener('input', (e) => { if (e.target.matches('form.write textarea') && document.body.dataset.typing && Date.now() - told > 4000) { told = Date.now(); fetch(document.body.dataset.typing, { method: 'POST', body: new URLSearchParams({ form: document.body.dataset.form }) }); } });
  document.addEventListener('keydown', (e) => { if (e.key === 'Enter' && (e.ctrlKey || e.metaKey) && e.target.matches('form.write textarea')) { const b = e.target.form.querySelector('.primary'); if (b) b.click(); } });

  // "When nobody claims, tell me in this browser": a subscription of this browser's, kept at the desk.
  const push = document.getElementById('push');
  if (push && 'serviceWorker' in navigator && 'PushManager' in window) {
    const said = document.getElementById('pushsay');
    const bytes = (s) => Uint8Array.from(atob(s.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
    let now = null;
    const show = () => { push.hidden = false; push.textContent = now ? 'No more notices in this browser' : 'In this browser'; };
    navigator.serviceWorker.getRegistration('/console/').then((r) => r && r.pushManager.getSubscription()).then((s) => { now = s || null; show(); }, show);
    push.addEventListener('click', async () => {
      said.textContent = '';
      try {
        const on = !now;
        if (on) {
          const reg = await navigator.serviceWorker.register('/console/sw.js', { scope: '/console/' });
          await navigator.serviceWorker.ready;
          now = await reg.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(push.dataset.key) });
        }
        const res = await fetch('/console/bells', { method: 'POST', body: new URLSearchParams({ form: document.body.dataset.form, way: 'push', address: JSON.stringify(now), on: on ? 'yes' : 'no' }) });
        if (!res.ok) throw new Error(await res.text());
        if (!on) { await now.unsubscribe(); now = null; }
      } catch (e) { if (now) { now.unsubscribe().catch(() => {}); now = null; } said.textContent = e.name === 'NotAllowedError' ? 'This browser does not allow notices from here. Allow them in its settings for this site, then press again.' : e.message; }
      show();
    });
  }
})();
