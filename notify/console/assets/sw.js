// Shows what is pushed, and opens the conversation that it is about.
self.addEventListener('push', (e) => {
  let s = {};
  try { s = e.data.json(); } catch { /* nothing to read: say that much */ }
  e.waitUntil(self.registration.showNotification(s.title || 'Deskbell', { body: s.text || 'Somebody waits.', tag: s.tag, data: { url: s.url || '/console/' } }));
});
self.addEventListener('notificationclick', (e) => {
  e.notification.close();
  const to = new URL(e.notification.data.url, self.location.href);
  if (to.origin !== self.location.origin) to.href = new URL('/console/', self.location.href).href;
  e.waitUntil(self.clients.matchAll({ type: 'window' }).then((open) => {
    const there = open.find((c) => c.url === to.href);
    return there ? there.focus() : self.clients.openWindow(to.href);
  }));
});
