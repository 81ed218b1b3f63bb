/* Deskbell chat widget. One script tag embeds it:
 *   <script src="https://desk.example/widget.js" async></script>
 * Optional attributes: data-title, data-language (such as de), data-color (any CSS colour), data-name, data-email, data-open.
 * It talks only to the server it came from, runs no third-party code and puts nothing into the page but one element. */
(() => {
  'use strict';
  const script = document.currentScript;
  const base = new URL('.', script.src).href.replace(/\/$/, '');
  const option = (name, otherwise) => script.dataset[name] || otherwise;
  const key = 'deskbell:' + base;
  // What is read, in the customer's language; the server writes all languages in here. %s is a name or a number.
  const all = /* texts */ {};
  const language = option('language', navigator.language || 'en').toLowerCase().split('-')[0];
  const texts = Object.assign({
    title: 'Chat with us', open: 'Open chat', close: 'Close chat', write: 'Write a message', send: 'Send',
    person: 'Talk to a person', cancel: 'Cancel', sending: 'Sending…', sent: 'Sent', delivered: 'Delivered', failed: 'Not sent', retry: 'Retry',
    edited: 'edited', deleted: 'This message was deleted', offline: 'No connection. Trying again…', you: 'You', typing: 'is writing…', assistant: 'Assistant',
    rate: 'How did we do?', rated: 'Thank you.', stars: '%s of 5', unread: '%s new', comment: 'Anything to add? (optional)', submit: 'Send rating',
    hello: 'Hello! How can I help you?', log: 'Conversation',
    attach: 'Attach files', uploading: 'uploading…', remove: 'Remove %s', large: '%s is larger than %s MB', coming: 'on its way…', lost: 'could not be sent', lost_files: 'The files were lost. Attach them again.', sent_files: '%s attached', many: 'At most 10 files at once',
  }, all.en, all[language]);
  const filled = (text) => (...values) => values.reduce((s, v) => s.replace('%s', () => v), text);
  const say = { ...texts, title: option('title', texts.title), start: texts.assistant, lostFiles: texts.lost_files };
  for (const k of ['stars', 'unread', 'remove', 'large']) say[k] = filled(texts[k]);
  say.sentFiles = filled(texts.sent_files);
  const direction = language === 'ar' && all.ar ? 'rtl' : undefined; // any other language reads as the page does: el sets no undefined attribute

  // --- what is kept between pages and shared by tabs: the token and what is not sent yet
  const store = {
    read() { try { return JSON.parse(localStorage.getItem(key)) || {}; } catch { return memory; } },
    write(change) { const s = Object.assign(this.read(), change); memory = s; try { localStorage.setItem(key, JSON.stringify(s)); } catch { /* kept in memory */ } return s; },
    // the outbox, changed under what other tabs have written meanwhile
    outbox(change) { const box = change(this.read().outbox || []); this.write({ outbox: box }); return box; },
  };
  let memory = {};
  const messages = new Map(); // id → message
  let rev = 0, state = null, greeting = '', connected = true, sending = false, unread = 0, isOpen = false, ratedFor = 0, mostFile = 0;
  const delivered = new Set(); // client ids that came back
  const acked = new Set(); // client ids that the server has answered
  const tabs = 'BroadcastChannel' in window ? new BroadcastChannel(key) : null;

  const call = async (method, path, body) => {
    const { token } = store.read();
    const headers = {};
    if (token) headers.Authorization = 'Bearer ' + token;
    if (body) headers['Content-Type'] = 'application/json';
    const res = await fetch(base + path, { method, headers, body: body && JSON.stringify(body), credentials: 'omit', referrerPolicy: 'no-referrer' });
    const data = res.status === 204 ? {} : await res.json().catch(() => ({}));
    if (!res.ok) throw Object.assign(new Error(data.error ? data.error.message : res.statusText), { status: res.status, code: data.error && data.error.code, wait: Number(res.headers.get('Retry-After')) || 0 });
    return data;
  };

  const locked = (name, work) => navigator.locks ? navigator.locks.request(key + name, work) : work();

  // session makes the token, once for all tabs.
  const session = () => locked(':session', async () => {
    if (store.read().token) return;
    const contact = {};
    if (option('name')) contact.name = option('name');
    if (option('email')) contact.email = option('email');
    const made = await call('POST', '/web/sessions', { contact, page_url: location.href, language: option('language', navigator.language) });
    store.write({ token: made.token });
    greeting = made.greeting || '';
    take({ state: made.state, rev: made.rev, most_file: made.most_file });
  });

  // gone: the server does not know this session (any more). Stop asking; the next message starts a new one.
  const gone = () => {
    store.write({ token: '' });
    if (source) { source.close(); source = null; }
    messages.clear(); rev = 0; state = null;
    draw();
  };

  // --- what comes in: messages and states, in any order, any number of times
  const take = (change) => {
    if (change.greeting !== undefined) greeting = change.greeting;
    if (change.most_file !== undefined) mostFile = change.most_file;
    for (const m of change.messages || []) {
      const had = messages.get(m.id);
      if (!had && m.from !== 'customer' && !change.first && (!isOpen || document.hidden)) unread++;
      messages.set(m.id, m);
      if (m.client_id) delivered.add(m.client_id);
    }
    if (change.state) { if (state && state.state !== change.state.state) ratedFor = 0; state = change.state; }
    if (change.rev) rev = Math.max(rev, change.rev);
    store.outbox((box) => box.filter((o) => !delivered.has(o.id)));
    draw();
  };

  const refresh = async (first) => {
    try {
      const all = await call('GET', '/web/messages');
      connected = true;
      take({ messages: all.messages, state: all.state, rev: all.rev, greeting: all.greeting, most_file: all.most_file, first });
    } catch (e) {
      if (e.status === 401) gone(); else { connected = false; draw(); throw e; }
    }
  };

  // --- one stream for all tabs: the tab that holds the lock reads, and tells the others. Browsers allow six connections.
  let source = null, leading = false, holding = false;
  const lead = () => {
    if (!store.read().token) return;
    if (leading) { if (holding && !source) stream(1000); return; }
    leading = true;
    locked(':stream', () => new Promise(() => { holding = true; stream(1000); })); // held until the tab closes
  };
  const stream = (wait) => {
    const { token } = store.read();
    if (!token || source) return;
    source = new EventSource(base + '/web/stream?token=' + encodeURIComponent(token) + '&after=' + rev);
    const got = (change) => { take(change); if (tabs) tabs.postMessage(change); };
    source.addEventListener('open', () => { wait = 1000; connected = true; retry(); });
    source.addEventListener('message', (e) => got({ messages: [JSON.parse(e.data)], rev: Number(e.lastEventId) }));
    source.addEventListener('state', (e) => got({ state: JSON.parse(e.data), rev: Number(e.lastEventId) }));
    source.addEventListener('typing', () => { typing(); if (tabs) tabs.postMessage({ typing: true }); });
    source.addEventListener('error', async () => {
      connected = false; draw();
      if (!source || source.readyState !== EventSource.CLOSED) return; // it comes back by itself, with Last-Event-ID
      source = null;
      try { await refresh(); } catch { /* down: below */ }
      if (store.read().token) setTimeout(() => stream(Math.min(wait * 2, 30000)), wait * (0.75 + Math.random() / 2));
    });
  };
  if (tabs) tabs.onmessage = (e) => {
    if (e.data.typing) typing(); else if (e.data.renew) { refresh().then(lead).catch(() => {}); } else { connected = true; take(e.data); }
  };
  let typingTimer = 0;
  const typing = () => { clearTimeout(typingTimer); typingTimer = setTimeout(() => { typingTimer = 0; draw(); }, 5000); draw(); };

  // --- what goes out: kept until the server has it, sent in order, under an id of our own
  const submit = (text, files) => {
    text = text.trim();
    if (!text && !(files && files.length)) return;
    const id = crypto.randomUUID ? crypto.randomUUID() : Date.now().toString(36) + Math.random().toString(36).slice(2);
    store.outbox((box) => box.concat({ id, text, files, at: new Date().toISOString() }));
    draw(true);
    flush();
  };
  const fail = (id, reason, down) => { store.outbox((box) => box.map((o) => o.id === id ? Object.assign(o, { failed: reason, down }) : o)); draw(); };
  const flush = async () => {
    if (sending) return;
    sending = true;
    try {
      for (let tries = 0; ;) {
        const next = (store.read().outbox || []).find((o) => !o.failed && !acked.has(o.id));
        if (!next) break;
        try {
          if (!store.read().token) { await session(); lead(); if (tabs) tabs.postMessage({ renew: true }); }
          await call('POST', '/web/messages', { id: next.id, text: next.text, files: (next.files || []).map((f) => f.id), page_url: location.href });
          acked.add(next.id);
          tries = 0; connected = true;
          draw();
        } catch (e) {
          if (e.status === 401 && tries === 0) { gone(); tries++; continue; }
          if (e.code === 'no_file') { // they went with the session that they were sent in: the words can still go
            store.outbox((box) => box.filter((o) => o.id !== next.id || o.text).map((o) => o.id === next.id ? Object.assign(o, { files: [] }) : o));
            notice(say.lostFiles); fail(next.id, say.lostFiles); continue;
          }
          if (e.status >= 400 && e.status < 500 && e.status !== 429 && e.status !== 408) { fail(next.id, e.message); continue; }
          if (++tries > 5) { for (const o of store.read().outbox) if (!acked.has(o.id)) fail(o.id, say.offline, true); break; }
          await new Promise((ok) => setTimeout(ok, Math.max((e.wait || 0) * 1000, Math.min(500 * 2 ** tries, 8000))));
        }
      }
    } finally { sending = false; }
  };
  // retry sends one that failed again or, without an id, all that failed because nothing answered.
  const retry = (id) => { store.outbox((box) => box.map((o) => { if (o.id === id || !id && o.down) { delete o.failed; delete o.down; } return o; })); draw(); flush(); };
  addEventListener('online', () => retry());

  const act = async (method, path, body) => {
    try {
      if (!store.read().token) { await session(); lead(); }
      const r = await call(method, path, body);
      if (r.state) take({ state: r.state });
      return true;
    } catch (e) { if (e.status === 401) gone(); else notice(e.message); return false; }
  };

  // --- files: sent as soon as they are chosen, so that the message only names them
  let chosen = []; // { name, id, type, size, state: '' | 'up' | error }
  const upload = async (file) => {
    const f = { name: file.name || 'image.png', size: file.size, state: 'up' };
    chosen.push(f); drawChosen();
    try {
      if (mostFile && file.size > mostFile) throw new Error(say.large(f.name, Math.floor(mostFile / 1048576)));
      for (let tries = 0; ; tries++) {
        if (!store.read().token) { await session(); lead(); }
        const res = await fetch(base + '/web/files?name=' + encodeURIComponent(f.name), { method: 'POST', headers: { Authorization: 'Bearer ' + store.read().token, 'Content-Type': 'application/octet-stream' }, body: file, credentials: 'omit', referrerPolicy: 'no-referrer' });
        const data = await res.json().catch(() => ({}));
        if (res.status === 401 && !tries) { gone(); continue; } // a new session
        if (!res.ok) throw new Error(data.error ? data.error.message : res.statusText);
        Object.assign(f, data, { state: '' });
        break;
      }
    } catch (e) { f.state = e.message || say.offline; }
    drawChosen();
  };
  const choose = (files) => { for (const f of files) { if (chosen.length >= 10) { notice(say.many); break; } upload(f); } };

  // --- Markdown, as elements: nothing is ever parsed as HTML
  const el = (tag, attrs, ...kids) => {
    const e = document.createElement(tag);
    for (const [k, v] of Object.entries(attrs || {})) if (k.startsWith('on')) e.addEventListener(k.slice(2), v); else if (v !== undefined && v !== false) e.setAttribute(k, v === true ? '' : v);
    e.append(...kids.flat());
    return e;
  };
  const safe = (href) => { try { return ['http:', 'https:', 'mailto:', 'tel:'].includes(new URL(href).protocol); } catch { return false; } };
  const link = (href, kids) => el('a', { href, target: '_blank', rel: 'noopener noreferrer nofollow' }, kids);
  const inline = (text, depth = 0, inLink = false) => {
    const out = [];
    const rule = /(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)|\*\*(\S(?:[\s\S]*?\S)?)\*\*|(?<![\w*\\])(?:\*((?!\s)(?:\\.|[^*\\])*?(?<!\s))\*|_((?!\s)(?:\\.|[^_\\]|(?<=\w)_(?=\w))*?(?<!\s))_)(?![\w*])|~~(\S(?:[\s\S]*?\S)?)~~|\[((?:\\.|[^\]\\\n])+)\]\(<?([^\s)>]+)>?(?:\s+"[^"]*")?\)|(https?:\/\/[^\s<>()]+[^\s<>().,;:!?'"])|\\([\\`*_{}[\]()#+\-.!~<>=&|])/g;
    let at = 0;
    for (const m of text.matchAll(rule)) {
      out.push(text.slice(at, m.index));
      at = m.index + m[0].length;
      if (m[2] !== undefined) out.push(el('code', {}, m[2]));
      else if (depth > 3) out.push(m[0]);
      else if (m[3] !== undefined) out.push(el('strong', {}, inline(m[3], depth + 1, inLink)));
      else if (m[4] !== undefined || m[5] !== undefined) out.push(el('em', {}, inline(m[4] || m[5], depth + 1, inLink)));
      else if (m[6] !== undefined) out.push(el('s', {}, inline(m[6], depth + 1, inLink)));
      else if (m[7] !== undefined) out.push(...(safe(m[8]) && !inLink ? [link(m[8], inline(m[7], depth + 1, true))] : inline(m[7], depth + 1, inLink)));
      else if (m[9] !== undefined) out.push(inLink ? m[9] : link(m[9], m[9]));
      else out.push(m[10]);
    }
    out.push(text.slice(at));
    return out.filter((x) => x !== '');
  };
  const lines = (text) => text.split('\n').flatMap((l, i) => i ? [el('br'), ...inline(l)] : inline(l));
  const markdown = (text) => {
    const out = [];
    const rows = text.replace(/\r\n?/g, '\n').split('\n');
    for (let i = 0; i < rows.length;) {
      const row = rows[i];
      let m;
      if (!row.trim()) { i++; } else if ((m = /^\s*(```|~~~)/.exec(row))) {
        const code = [];
        for (i++; i < rows.length && !rows[i].trim().startsWith(m[1]); i++) code.push(rows[i]);
        i++;
        out.push(el('pre', { tabindex: '0' }, el('code', {}, code.join('\n'))));
      } else if ((m = /^\s{0,3}#{1,6}\s+(.*)/.exec(row))) { out.push(el('p', {}, el('strong', {}, inline(m[1])))); i++; } else if (/^\s*>\s?/.test(row)) {
        const quote = [];
        for (; i < rows.length && /^\s*>\s?/.test(rows[i]); i++) quote.push(rows[i].replace(/^\s*>\s?/, ''));
        out.push(el('blockquote', {}, lines(quote.join('\n'))));
      } else if ((m = /^\s*([-*+]|\d{1,3}[.)])\s+/.exec(row))) {
        const ordered = /\d/.test(m[1]);
        const items = [];
        for (; i < rows.length && rows[i].trim(); i++) {
          const item = /^\s*(?:[-*+]|\d{1,3}[.)])\s+(.*)/.exec(rows[i]);
          if (item) items.push(item[1]); else if (items.length) items[items.length - 1] += '\n' + rows[i].trim();
        }
        out.push(el(ordered ? 'ol' : 'ul', ordered ? { start: parseInt(m[1], 10) } : {}, items.map((t) => el('li', {}, lines(t)))));
      } else {
        const para = [];
        for (; i < rows.length && rows[i].trim() && !/^\s*(```|~~~|>|[-*+]\s|\d{1,3}[.)]\s|#{1,6}\s)/.test(rows[i]); i++) para.push(rows[i]);
        if (!para.length) { para.push(rows[i]); i++; }
        out.push(el('p', {}, lines(para.join('\n'))));
      }
    }
    return out;
  };

  // --- the page's one element
  const host = el('div', { id: 'deskbell-widget', lang: all[language] ? language : 'en', dir: direction });
  const root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial; --accent: #1f5eff; --on-accent: #fff; --bg: #fff; --fg: #16181d; --soft: #f2f4f8; --line: #e1e5ec; --dim: #5b6472; --bad: #b3261e; --mine: var(--accent); --on-mine: var(--on-accent);
      font: 400 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; color: var(--fg); color-scheme: light dark; }
    @media (prefers-color-scheme: dark) { :host { --bg: #171a21; --fg: #eceff4; --soft: #232833; --line: #343b49; --dim: #a4adbb; --bad: #ff8a80; } }
    * { box-sizing: border-box; }
    [hidden] { display: none !important; }
    button, textarea { font: inherit; color: inherit; }
    button { cursor: pointer; border: 0; background: none; padding: 0; }
    :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
    .launcher { position: fixed; inset-block-end: 1.25rem; inset-inline-end: 1.25rem; z-index: 2147483000; inline-size: 3.5rem; block-size: 3.5rem; border-radius: 50%; background: var(--accent); color: var(--on-accent);
      display: grid; place-items: center; box-shadow: 0 6px 24px rgb(0 0 0 / .22); transition: transform .15s; }
    .launcher:hover { transform: scale(1.05); }
    .launcher svg { inline-size: 1.6rem; block-size: 1.6rem; }
    .badge { position: absolute; inset-block-start: -.2rem; inset-inline-end: -.2rem; min-inline-size: 1.3rem; block-size: 1.3rem; padding-inline: .3rem; border-radius: 1rem; background: #d92d20; color: #fff; font-size: .75rem; line-height: 1.3rem; text-align: center; font-weight: 600; }
    .panel { position: fixed; inset-block-end: 5.5rem; inset-inline-end: 1.25rem; z-index: 2147483000; inline-size: min(24rem, calc(100vw - 2rem)); block-size: min(38rem, calc(100dvh - 7rem)); background: var(--bg); color: var(--fg);
      border: 1px solid var(--line); border-radius: 1rem; box-shadow: 0 16px 48px rgb(0 0 0 / .24); display: flex; flex-direction: column; overflow: hidden; animation: rise .18s ease-out; }
    @keyframes rise { from { opacity: 0; transform: translateY(.6rem); } }
    header { display: flex; align-items: center; gap: .75rem; padding: .8rem 1rem; background: var(--accent); color: var(--on-accent); }
    .who { flex: 1; min-inline-size: 0; }
    h2 { margin: 0; font-size: 1rem; font-weight: 600; }
    .state { margin: 0; font-size: .84rem; overflow-wrap: anywhere; }
    .x { inline-size: 2.25rem; block-size: 2.25rem; border-radius: .5rem; display: grid; place-items: center; }
    .x:hover { background: rgb(255 255 255 / .18); }
    header :focus-visible { outline-color: var(--on-accent); }
    .x svg { inline-size: 1.1rem; block-size: 1.1rem; }
    .face { inline-size: 2.25rem; block-size: 2.25rem; border-radius: 50%; background: rgb(255 255 255 / .22); display: grid; place-items: center; font-weight: 600; overflow: hidden; flex: none; }
    .face svg { inline-size: 1.3rem; block-size: 1.3rem; }
    .face img { inline-size: 100%; block-size: 100%; object-fit: cover; }
    .log { flex: 1 1 auto; min-block-size: 4rem; overflow-y: auto; padding: 1rem; display: flex; flex-direction: column; gap: .25rem; overscroll-behavior: contain; }
    .msg { max-inline-size: 86%; align-self: flex-start; margin-block-start: .45rem; }
    .msg.mine { align-self: flex-end; }
    .by { font-size: .78rem; color: var(--dim); margin: 0 .25rem .15rem; }
    .bubble { background: var(--soft); border-radius: 1rem; border-end-start-radius: .25rem; padding: .55rem .8rem; overflow-wrap: anywhere; }
    .mine .bubble { background: var(--mine); color: var(--on-mine); border-end-start-radius: 1rem; border-end-end-radius: .25rem; }
    .bubble > :first-child { margin-block-start: 0; } .bubble > :last-child { margin-block-end: 0; }
    .bubble p, .bubble ul, .bubble ol, .bubble pre, .bubble blockquote { margin-block: .45rem; }
    .bubble ul, .bubble ol { padding-inline-start: 1.3rem; }
    .bubble a { color: inherit; text-decoration: underline; text-underline-offset: 2px; }
    .bubble pre { overflow-x: auto; background: rgb(0 0 0 / .08); padding: .5rem; border-radius: .4rem; font-size: .85em; }
    .bubble code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .9em; }
    .bubble blockquote { margin-inline: 0; padding-inline-start: .7rem; border-inline-start: 3px solid currentColor; }
    .gone .bubble { font-style: italic; color: var(--dim); background: none; border: 1px dashed var(--line); }
    .mark { font-size: .75rem; color: var(--dim); margin: .12rem .3rem 0; text-align: end; }
    .mark.bad { color: var(--bad); } .mark button { text-decoration: underline; font-weight: 600; padding: .25rem; }
    .choices { display: flex; flex-wrap: wrap; gap: .4rem; margin-block-start: .45rem; }
    .choice, .ask { border: 1px solid var(--accent); color: var(--fg); border-radius: 2rem; padding: .4rem .85rem; min-block-size: 2.25rem; font-size: .9rem; background: var(--bg); }
    .choice:hover, .ask:hover { background: var(--soft); }
    .dots { display: inline-flex; gap: .25rem; padding-block: .3rem; } .dots i { inline-size: .45rem; block-size: .45rem; border-radius: 50%; background: var(--dim); animation: dot 1.2s infinite; } .dots i:nth-child(2) { animation-delay: .2s } .dots i:nth-child(3) { animation-delay: .4s }
    @keyframes dot { 50% { opacity: .25; } }
    .bar { display: flex; gap: .5rem; padding: .5rem .8rem 0; align-items: center; justify-content: space-between; flex-wrap: wrap; }
    .note { font-size: .82rem; color: var(--bad); margin: 0; flex: 1 1 auto; }
    form.write { display: flex; gap: .5rem; align-items: flex-end; padding: .6rem .8rem .8rem; }
    textarea { flex: 1; resize: none; border: 1px solid var(--line); border-radius: .8rem; padding: .55rem .75rem; max-block-size: 8rem; min-block-size: 2.6rem; background: var(--bg); color: var(--fg); }
    .clip { inline-size: 2.6rem; block-size: 2.6rem; border-radius: .8rem; display: grid; place-items: center; flex: none; color: var(--dim); }
    .clip:hover { background: var(--soft); } .clip svg { inline-size: 1.25rem; block-size: 1.25rem; }
    .chosen { display: flex; flex-wrap: wrap; gap: .35rem; padding: .5rem .8rem 0; margin: 0; list-style: none; }
    .chosen li { display: flex; align-items: center; gap: .3rem; background: var(--soft); border-radius: .6rem; padding: .15rem .2rem .15rem .6rem; font-size: .82rem; max-inline-size: 100%; }
    .chosen span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; } .chosen .bad { color: var(--bad); white-space: normal; } .chosen button { inline-size: 1.8rem; block-size: 1.8rem; border-radius: .4rem; }
    .files { display: flex; flex-direction: column; gap: .3rem; margin-block-start: .35rem; align-items: flex-start; } .mine .files { align-items: flex-end; }
    .files img { display: block; max-inline-size: 100%; max-block-size: 14rem; border-radius: .7rem; background: var(--soft); min-block-size: 2rem; }
    .files a, .files span { font-size: .85rem; overflow-wrap: anywhere; color: var(--fg); } .files span { color: var(--dim); }
    .over { outline: 3px dashed var(--accent); outline-offset: -6px; }
    textarea::placeholder { color: var(--dim); opacity: 1; }
    .go { background: var(--accent); color: var(--on-accent); inline-size: 2.6rem; block-size: 2.6rem; border-radius: .8rem; display: grid; place-items: center; flex: none; }
    .go svg { inline-size: 1.2rem; block-size: 1.2rem; } :host(:dir(rtl)) .go svg { transform: scaleX(-1); }
    .go:disabled { opacity: .45; cursor: default; }
    .rating { border: 1px solid var(--line); border-radius: .8rem; padding: .75rem; margin-block-start: .8rem; text-align: center; }
    .rating p { margin: 0 0 .4rem; font-weight: 600; }
    .star { font-size: 1.6rem; line-height: 1; inline-size: 2.5rem; block-size: 2.5rem; color: var(--dim); border-radius: .4rem; }
    .star[aria-checked=true], .star.on { color: #c77700; }
    .rating textarea { inline-size: 100%; margin-block: .5rem; }
    .sr { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    @media (max-width: 30rem) { .panel { inset: 0; inline-size: 100%; block-size: 100dvh; border: 0; border-radius: 0; } .launcher.on { display: none; } }
    @media (max-height: 28rem) { .panel { inset-block: .5rem; block-size: auto; } header { padding-block: .4rem; } .launcher.on { display: none; } }
    @media (prefers-reduced-motion: reduce) { *, .panel, .launcher { animation: none !important; transition: none !important; } }
    @media (forced-colors: active) { .bubble, .launcher, .go { border: 1px solid; } }
  `);
  root.adoptedStyleSheets = [sheet];
  if (option('color')) host.style.setProperty('--accent', option('color'));
  const svg = (d) => { const s = document.createElementNS('http://www.w3.org/2000/svg', 'svg'); s.setAttribute('viewBox', '0 0 24 24'); s.setAttribute('aria-hidden', 'true'); const p = document.createElementNS(s.namespaceURI, 'path'); p.setAttribute('d', d); p.setAttribute('fill', 'none'); p.setAttribute('stroke', 'currentColor'); p.setAttribute('stroke-width', '2'); p.setAttribute('stroke-linecap', 'round'); p.setAttribute('stroke-linejoin', 'round'); s.append(p); return s; };

  const badge = el('span', { class: 'badge', hidden: true });
  const launcher = el('button', { class: 'launcher', type: 'button', 'aria-expanded': 'false', 'aria-label': say.open, onclick: () => show(!isOpen) }, svg('M21 12a8 8 0 0 1-8 8H4l2-3.2A8 8 0 1 1 21 12Z'), badge);
  const stateLine = el('p', { class: 'state', role: 'status', 'aria-live': 'polite' });
  const face = el('span', { class: 'face', 'aria-hidden': 'true' });
  const log = el('div', { class: 'log', role: 'log', 'aria-label': say.log, 'aria-live': 'polite', 'aria-relevant': 'additions', tabindex: '0' });
  const note = el('p', { class: 'note', role: 'alert' });
  const ask = el('button', { class: 'ask', type: 'button', onclick: () => state && state.state === 'waiting' ? act('DELETE', '/web/handoff') : act('POST', '/web/handoff') }, say.person);
  const box = el('textarea', { rows: '1', maxlength: '8000', placeholder: say.write, 'aria-label': say.write, enterkeyhint: 'send' });
  const go = el('button', { class: 'go', type: 'submit', 'aria-label': say.send }, svg('M4 12l16-8-6 16-3-6-7-2Z'));
  const picker = el('input', { type: 'file', multiple: true, hidden: true, tabindex: '-1', 'aria-hidden': 'true', onchange: () => { choose(picker.files); picker.value = ''; box.focus(); } });
  const clip = el('button', { class: 'clip', type: 'button', 'aria-label': say.attach, title: say.attach, hidden: true, onclick: () => picker.click() }, svg('M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.3 3.3 0 0 1 4.7 4.7L9.5 17a1.7 1.7 0 0 1-2.4-2.4L14.5 7'));
  const chips = el('ul', { class: 'chosen', hidden: true });
  const chipsay = el('span', { class: 'sr', role: 'status' });
  const form = el('form', { class: 'write' }, picker, clip, box, go);
  const panel = el('div', { class: 'panel', role: 'dialog', 'aria-label': say.title, hidden: true },
    el('header', {}, face, el('div', { class: 'who' }, el('h2', {}, say.title), stateLine), el('button', { class: 'x', type: 'button', 'aria-label': say.close, onclick: () => show(false) }, svg('M6 6l12 12M18 6L6 18'))),
    log, el('div', { class: 'bar' }, note, ask), chips, chipsay, form);
  root.append(panel, launcher);

  form.addEventListener('submit', (e) => {
    e.preventDefault();
    if (chosen.some((f) => f.state === 'up')) { notice(say.uploading); return; }
    const t = box.value, files = chosen.filter((f) => !f.state).map((f) => ({ id: f.id, name: f.name, type: f.type, size: f.size }));
    chosen = chosen.filter((f) => f.state); drawChosen(); // what could not be sent stays in sight
    box.value = ''; grow(); submit(t, files); box.focus();
  });
  const drawChosen = () => {
    chips.hidden = !chosen.length;
    for (const f of chosen) { // each keeps its element, and so the focus
      f.text = f.text || el('span', {});
      f.node = f.node || el('li', {}, f.text, el('button', { type: 'button', 'aria-label': say.remove(f.name), onclick: () => { chosen = chosen.filter((x) => x !== f); drawChosen(); box.focus(); } }, '×'));
      f.text.className = f.state && f.state !== 'up' ? 'bad' : '';
      f.text.textContent = f.state === 'up' ? f.name + ' · ' + say.uploading : f.state ? f.name + ': ' + f.state : f.name;
      if (f.node.parentNode !== chips) chips.append(f.node);
    }
    for (const li of [...chips.children]) if (!chosen.some((f) => f.node === li)) li.remove();
    const bad = chosen.filter((f) => f.state && f.state !== 'up').pop();
    const line = !chosen.length ? '' : chosen.some((f) => f.state === 'up') ? say.uploading : bad ? bad.name + ': ' + bad.state : say.sentFiles(chosen.length);
    if (chipsay.textContent !== line) chipsay.textContent = line;
  };
  box.addEventListener('paste', (e) => { if (mostFile && e.clipboardData && e.clipboardData.files.length) { e.preventDefault(); choose(e.clipboardData.files); } });
  panel.addEventListener('dragover', (e) => { if (mostFile) { e.preventDefault(); panel.classList.add('over'); } });
  panel.addEventListener('dragleave', () => panel.classList.remove('over'));
  panel.addEventListener('drop', (e) => { panel.classList.remove('over'); if (mostFile && e.dataTransfer && e.dataTransfer.files.length) { e.preventDefault(); choose(e.dataTransfer.files); } });
  box.addEventListener('keydown', (e) => { if (e.key === 'Enter' && !e.shiftKey && !e.isComposing) { e.preventDefault(); form.requestSubmit(); } });
  let told = 0;
  box.addEventListener('input', () => { grow(); if (Date.now() - told > 4000 && state && state.state === 'claimed') { told = Date.now(); call('POST', '/web/typing').catch(() => {}); } });
  const grow = () => { box.style.blockSize = 'auto'; box.style.blockSize = Math.min(box.scrollHeight + 2, 130) + 'px'; };
  panel.addEventListener('keydown', (e) => { if (e.key === 'Escape') { e.stopPropagation(); show(false); } });
  let noticeTimer = 0;
  const notice = (text) => { note.textContent = text; clearTimeout(noticeTimer); noticeTimer = setTimeout(() => { note.textContent = ''; draw(); }, 6000); };

  const show = async (open) => {
    isOpen = open;
    panel.hidden = !open;
    launcher.setAttribute('aria-expanded', String(open));
    launcher.setAttribute('aria-label', open ? say.close : say.open);
    launcher.classList.toggle('on', open);
    try { sessionStorage.setItem(key, open ? '1' : ''); } catch { /* private mode */ }
    if (!open) { launcher.focus(); return; }
    unread = 0;
    draw(true);
    box.focus();
    if (!store.read().token) { try { await session(); } catch { connected = false; } }
    lead();
    draw(true);
  };

  // --- drawing: the page is a function of what is known; unchanged messages keep their elements, so that readers are not interrupted
  const drawn = new Map();
  const draw = (down) => {
    const near = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
    const all = [...messages.values()].sort((a, b) => a.seq - b.seq);
    const waiting = (store.read().outbox || []).filter((o) => !delivered.has(o.id));
    const lastMine = all.map((m) => m.from === 'customer').lastIndexOf(true);
    const rows = [];
    const hello = greeting || say.hello;
    if (!all.length || all[0].seq === 1) rows.push({ id: 'hello', from: 'bot', author: say.start, text: hello });
    all.forEach((m, i) => rows.push(Object.assign({}, m, { mark: i === lastMine && !waiting.length ? say.delivered : '', live: i === all.length - 1 })));
    waiting.forEach((o) => rows.push({ id: 'o:' + o.id, client_id: o.id, from: 'customer', text: o.text, files: o.files, mark: o.failed ? say.failed : acked.has(o.id) ? say.sent : say.sending, failed: o.failed }));
    const keep = new Set();
    let before = null;
    rows.forEach((m, i) => {
      const id = m.client_id ? 'c:' + m.client_id : m.id;
      const print = JSON.stringify([m.text, m.files, m.mark, m.deleted, m.edited, m.author, m.failed, m.live && m.choices, i && rows[i - 1].author]);
      let d = drawn.get(id);
      if (!d || d.print !== print) {
        const fresh = row(m, i ? rows[i - 1] : null);
        if (d) d.node.replaceWith(fresh);
        d = { print, node: fresh };
        drawn.set(id, d);
      }
      keep.add(id);
      const place = before ? before.nextSibling : log.firstChild;
      if (d.node !== place) log.insertBefore(d.node, place);
      before = d.node;
    });
    for (const [id, d] of drawn) if (!keep.has(id)) { d.node.remove(); drawn.delete(id); }
    drawTail();
    const s = state || { state: 'bot', text: say.start };
    const line = !connected && store.read().token ? say.offline : s.text;
    if (stateLine.textContent !== line) stateLine.textContent = line;
    face.replaceChildren(s.agent && s.agent.avatar && /^https?:/.test(s.agent.avatar) ? el('img', { src: s.agent.avatar, alt: '' }) : s.agent ? s.agent.name.slice(0, 1).toUpperCase() : svg('M12 3a6 6 0 0 1 6 6v5l2 3H4l2-3V9a6 6 0 0 1 6-6ZM10 20h4'));
    ask.hidden = s.state === 'claimed' || (s.gate && s.gate !== 'open');
    ask.textContent = s.state === 'waiting' ? say.cancel : say.person;
    clip.hidden = !mostFile;
    badge.hidden = !unread;
    badge.textContent = unread;
    if (!isOpen && unread) launcher.setAttribute('aria-label', say.open + ', ' + say.unread(unread));
    if (down || near) log.scrollTop = log.scrollHeight;
    if (isOpen && !document.hidden) seen(all);
  };
  const row = (m, prev) => {
    const mine = m.from === 'customer';
    const by = mine ? el('span', { class: 'sr' }, say.you + ': ') : (!prev || prev.author !== m.author || prev.from !== m.from) ? el('div', { class: 'by' }, m.author || '') : el('span', { class: 'sr' }, m.author + ': ');
    const kids = [by];
    if (m.text || m.deleted) kids.push(el('div', { class: 'bubble', dir: 'auto' }, m.deleted ? say.deleted : mine ? el('p', {}, lines2(m.text)) : markdown(m.text)));
    if (m.files && m.files.length) kids.push(el('div', { class: 'files' }, m.files.map(fileRow)));
    if (m.edited) kids.push(el('div', { class: 'mark' }, say.edited));
    if (m.failed) kids.push(el('div', { class: 'mark bad' }, say.failed + ': ' + m.failed + ' ', el('button', { type: 'button', onclick: () => retry(m.client_id) }, say.retry)));
    else if (m.mark) kids.push(el('div', { class: 'mark' }, m.mark));
    if (m.live && m.choices && m.choices.length) kids.push(el('div', { class: 'choices' }, m.choices.map((c) => el('button', { class: 'choice', type: 'button', onclick: () => { submit(c); box.focus(); } }, c))));
    return el('div', { class: 'msg' + (mine ? ' mine' : '') + (m.deleted ? ' gone' : '') }, kids);
  };
  const fileRow = (f) => {
    if (f.failed) return el('span', {}, f.name + ' ' + say.lost);
    if (!f.url || !/^\/web\/files\/\w+$/.test(f.url)) return el('span', {}, f.id ? f.name : f.name + ' ' + say.coming);
    const open = { href: base + f.url, target: '_blank', rel: 'noopener noreferrer' };
    return f.image ? el('a', open, el('img', { src: base + f.url, alt: f.name, onload: () => { if (log.scrollHeight - log.scrollTop - log.clientHeight < 320) log.scrollTop = log.scrollHeight; } })) : el('a', Object.assign(open, { download: f.name }), f.name + ' (' + (f.size > 1048576 ? (f.size / 1048576).toFixed(1) + ' MB' : Math.ceil(f.size / 1024) + ' kB') + ')');
  };
  const lines2 = (text) => text.split('\n').flatMap((l, i) => i ? [el('br'), l] : [l]);
  // the rating and "is writing" stand below the messages
  let rating = null, dots = null;
  const drawTail = () => {
    const want = state && state.rate && !ratedFor;
    if (want && !rating) { rating = rateBox(); }
    if (!want && rating && !ratedFor) { rating.remove(); rating = null; }
    if (rating) log.append(rating);
    if (typingTimer && !dots) dots = el('div', { class: 'msg' }, el('div', { class: 'bubble' }, el('span', { class: 'sr' }, (state && state.agent ? state.agent.name : '') + ' ' + say.typing), el('span', { class: 'dots', 'aria-hidden': 'true' }, el('i'), el('i'), el('i'))));
    if (!typingTimer && dots) { dots.remove(); dots = null; }
    if (dots) log.append(dots);
  };
  const rateBox = () => {
    let score = 0;
    const words = el('textarea', { rows: '2', maxlength: '2000', placeholder: say.comment, 'aria-label': say.comment, hidden: true });
    const done = el('button', { class: 'ask', type: 'button', hidden: true, onclick: async () => { ratedFor = score; if (await act('POST', '/web/rating', { score, comment: words.value })) rating.replaceChildren(el('p', { role: 'status' }, say.rated)); else ratedFor = 0; } }, say.submit);
    const pick = (n) => { score = n; stars.forEach((s, i) => { s.setAttribute('aria-checked', String(i + 1 === n)); s.tabIndex = i + 1 === n ? 0 : -1; s.classList.toggle('on', i < n); }); words.hidden = done.hidden = false; log.scrollTop = log.scrollHeight; };
    const stars = [1, 2, 3, 4, 5].map((n) => el('button', { class: 'star', type: 'button', role: 'radio', 'aria-checked': 'false', 'aria-label': say.stars(n), tabindex: n === 1 ? '0' : '-1', onclick: () => pick(n), onkeydown: (e) => { const d = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[e.key]; if (d) { e.preventDefault(); const k = Math.min(5, Math.max(1, n + d)); pick(k); stars[k - 1].focus(); } } }, '★'));
    return el('div', { class: 'rating' }, el('p', {}, say.rate), el('div', { role: 'radiogroup', 'aria-label': say.rate }, stars), words, done);
  };
  let seenUpTo = 0, seenTimer = 0;
  const seen = (all) => {
    const last = all.length ? all[all.length - 1].seq : 0;
    if (last <= seenUpTo || seenTimer) return;
    seenTimer = setTimeout(() => { seenTimer = 0; const to = Math.max(0, ...[...messages.values()].map((m) => m.seq)); if (to > seenUpTo) { seenUpTo = to; call('POST', '/web/seen', { seq: to }).catch(() => {}); } }, 800);
  };
  document.addEventListener('visibilitychange', () => { if (!document.hidden && isOpen) { unread = 0; draw(); } });
  addEventListener('storage', (e) => { if (e.key === key) draw(); });

  const begin = async () => {
    document.body.append(host);
    let reopen = script.hasAttribute('data-open');
    try { reopen = reopen || sessionStorage.getItem(key) === '1'; } catch { /* private mode */ }
    if (store.read().token) {
      for (let wait = 1000; store.read().token; wait = Math.min(wait * 2, 30000)) {
        try { await refresh(true); break; } catch { if (reopen && !isOpen) show(true); await new Promise((ok) => setTimeout(ok, wait)); }
      }
      lead();
      flush();
    }
    if (reopen && !isOpen) show(true);
    else draw();
  };
  if (document.body) begin(); else addEventListener('DOMContentLoaded', begin);
})();
