// A test double of the desk, in memory: enough of the live protocol and the native API to look at the pages.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import bundle from 'playwright-core/lib/utilsBundle';
const { wsServer: WebSocketServer } = bundle;
const OUT = process.env.DESKBELL_OUT ?? path.resolve(import.meta.dirname, '../dist');
const PORT = +(process.env.PORT ?? 8977);
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'";
let idTurn = 36 ** 7;
const id = () => (idTurn += 1 + Math.floor(Math.random() * 1000)).toString(36);
const epoch = Date.now();
const journal = [];
const settings = { name: 'Kettle & Leaf', accent: '#2563eb', greeting: 'Hello! Ask us anything about tea.', ask_email: true, widget_domains: [], agent_grace_seconds: 20, visitor_grace_seconds: 60, inactivity_seconds: 900, reopening: true, resolve_after_chat: false, time_zone: 'GMT' };
const agents = [], departments = [{ department: 'default', name: 'Support', description: '', strategy: 'least_busy', offer_seconds: 30, queue_chats_max: null, enabled: true, members: [] }];
const customers = new Map(), visits = new Map(), conversations = new Map(), chats = new Map(), files = new Map(), keys = new Map(), sessions = new Map();
const bans = [], credentials = [];
const conns = new Set();
const agentState = (a) => ({ agent: a.agent, email: a.email, name: a.name, role: a.role, slots: a.slots, enabled: a.enabled, preset: a.preset, online: a.online, departments: a.departments });
function makeAgent(b) { const a = { agent: id(), email: b.email, first_name: b.first_name ?? '', last_name: b.last_name ?? '', name: `${b.first_name ?? ''} ${b.last_name ?? ''}`.trim(), role: b.role ?? 'agent', slots: b.slots ?? 5, enabled: true, preset: 'offline', online: 'offline', departments: ['default'], password: b.password }; agents.push(a); departments[0].members.push({ agent: a.agent, priority: 0 }); return a; }
makeAgent({ email: process.env.DESKBELL_EMAIL ?? 'owner@example.com', first_name: 'Olga', last_name: 'Owner', role: 'owner', password: process.env.DESKBELL_PASSWORD ?? 'password' });
const VIS = new Set(['conversation.started', 'message.added', 'read.marked', 'chat.requested', 'chat.joined', 'chat.left', 'chat.transferred', 'chat.ended', 'chat.rated']);
const WATCH = new Set(['message.added', 'tags.changed', 'read.marked']);
const PUBLIC = new Set(['message', 'file', 'system']);
const forVisitor = (ev, v) => VIS.has(ev.e) && conversations.get(ev.conversation)?.visit === v && (ev.e !== 'message.added' || PUBLIC.has(ev.kind));
const forAgent = (ev, watch) => !WATCH.has(ev.e) || watch.has(ev.conversation);
function emit(e, f) { const ev = { n: journal.length + 1, at: Date.now(), e, ...f }; journal.push(ev); for (const c of conns) { if (c.visit ? forVisitor(ev, c.visit) : forAgent(ev, c.watch)) c.send({ t: 'event', ...ev }); } return ev; }
function message(conv, m) { const msg = { message: id(), kind: 'message', by: 'system', agent: null, name: '', text: '', file: null, key: null, ...m }; const ev = emit('message.added', { conversation: conv.conversation, ...(conv.chat && chats.get(conv.chat)?.state !== 'ended' ? { chat: conv.chat } : {}), ...msg }); conv.messages.push({ ...msg, at: ev.at, n: ev.n }); conv.changed = ev.at; if (PUBLIC.has(msg.kind)) conv.preview = msg.text || msg.file?.name; }
function status(conv, to, by = 'system') { if (conv.status === to) return; const from = conv.status; conv.status = to; emit('status.changed', { conversation: conv.conversation, from, to, by }); }
const free = () => agents.filter((a) => a.online === 'online');
function route() { for (const chat of chats.values()) { if (chat.state !== 'queued') continue; const a = agents.find((a) => a.online === 'online' && !chat.declined.has(a.agent) && (!chat.only || chat.only === a.agent)); if (a) offer(chat, a); } for (const c of conns) if (c.visit) queue(c); }
function offer(chat, a, state = 'offered') { const expires = Date.now() + 30000; chat.state = state; chat.offers.push({ agent: a.agent, expires }); emit('chat.offered', { conversation: chat.conversation, chat: chat.chat, agent: a.agent, expires, state }); setTimeout(() => { if (chat.offers.some((o) => o.agent === a.agent && o.expires === expires)) { closeOffer(chat, a.agent, 'expired'); chat.declined.add(a.agent); route(); } }, 30000).unref(); }
function closeOffer(chat, agent, outcome) { if (!chat.offers.some((o) => o.agent === agent)) return; chat.offers = chat.offers.filter((o) => o.agent !== agent); if (chat.state === 'offered' && !chat.offers.length) chat.state = 'queued'; emit('offer.closed', { conversation: chat.conversation, chat: chat.chat, agent, outcome, state: chat.state }); }
function queue(c) { const waiting = [...chats.values()].filter((x) => x.state === 'queued' || x.state === 'offered'); const mine = waiting.findIndex((x) => conversations.get(x.conversation).visit === c.visit); if (mine >= 0) c.send({ t: 'queue', position: mine + 1, waiting: waiting.length }); }
const liveChat = (visit) => [...chats.values()].find((c) => c.state !== 'ended' && conversations.get(c.conversation).visit === visit);
const lastChat = (visit) => [...chats.values()].filter((c) => conversations.get(c.conversation).visit === visit).at(-1);
function startConversation(visit, channel, st) { const v = visits.get(visit); const c = { conversation: id(), code: 'ABC-DEFGH-' + Math.floor(100 + Math.random() * 900), status: st, channel, subject: '', preview: '', department: 'default', agent: null, customer: v.customer, visit, tags: [], created: Date.now(), changed: Date.now(), messages: [], read: { customer: null, agent: null }, chat: null }; conversations.set(c.conversation, c); v.conversation = c.conversation; emit('conversation.started', { conversation: c.conversation, customer: v.customer.customer, name: v.customer.name, department: 'default', channel, status: st, subject: '' }); return c; }
const bad = (code, m) => { throw Object.assign(new Error(m ?? code), { code }); };
function setCustomer(v, f) { if ((f.name && f.name !== v.customer.name) || (f.email && f.email !== v.customer.email)) { Object.assign(v.customer, f.name && { name: f.name }, f.email && { email: f.email }); emit('customer.changed', { customer: v.customer.customer, name: v.customer.name, email: v.customer.email, phone: '' }); } }
function visitorCommand(visit, f) {
  const v = visits.get(visit);
  const chat = liveChat(visit);
  switch (f.t) {
    case 'chat': { if (chat) return { conversation: chat.conversation, chat: chat.chat, state: chat.state }; if (!free().length) bad('offline', 'Nobody is there'); setCustomer(v, f); const conv = startConversation(visit, 'chat', 'T'); const c = { chat: id(), conversation: conv.conversation, state: 'queued', department: 'default', agents: [], offers: [], rating: null, comment: null, reason: null, requested: Date.now(), started_by: 'visitor', declined: new Set() }; chats.set(c.chat, c); conv.chat = c.chat; emit('chat.requested', { conversation: conv.conversation, chat: c.chat, customer: v.customer.customer, name: v.customer.name, department: 'default', started_by: 'visitor', priority: 0 }); if (f.text) message(conv, { by: 'customer', name: v.customer.name, text: f.text, key: f.key }); route(); return { conversation: conv.conversation, chat: c.chat, state: c.state }; }
    case 'send': { if (!chat) bad('conflict', 'No live chat'); message(conversations.get(chat.conversation), { by: 'customer', name: v.customer.name, kind: f.file ? 'file' : 'message', text: f.text ?? '', file: f.file ? files.get(f.file).info : null, key: f.key }); return {}; }
    case 'offline': { setCustomer(v, f); const conv = startConversation(visit, 'offline', 'N'); message(conv, { by: 'customer', name: v.customer.name, text: f.text, key: f.key }); return { conversation: conv.conversation }; }
    case 'end': { if (!chat) bad('conflict', 'No live chat'); endChat(chat, 'visitor'); return {}; }
    case 'rate': { const c = lastChat(visit); c.rating = f.rating; c.comment = f.comment ?? c.comment; emit('chat.rated', { conversation: c.conversation, chat: c.chat, rating: f.rating, comment: c.comment }); return {}; }
    case 'read': { const conv = conversations.get(v.conversation); conv.read.customer = f.message; emit('read.marked', { conversation: conv.conversation, by: 'customer', message: f.message }); return {}; }
    case 'typing': for (const c of conns) if (!c.visit && chat && c.watch.has(chat.conversation)) c.send({ t: 'typing', conversation: chat.conversation, by: 'customer', text: f.text }); return {};
    case 'page': v.pages.push({ url: f.url, title: f.title, at: Date.now() }); return {};
  }
  return bad('invalid');
}
function endChat(chat, reason) { for (const o of [...chat.offers]) closeOffer(chat, o.agent, 'withdrawn'); chat.state = 'ended'; chat.reason = reason; chat.ended = Date.now(); emit('chat.ended', { conversation: chat.conversation, chat: chat.chat, department: chat.department, reason, missed: !chat.everJoined, dropped: false }); status(conversations.get(chat.conversation), chat.everJoined ? 'A' : 'N'); chat.agents = []; route(); }
function agentCommand(me, f) {
  const chat = chats.get(f.chat);
  const conv = conversations.get(f.conversation ?? chat?.conversation);
  switch (f.t) {
    case 'status': me.preset = f.status; me.online = [...conns].some((c) => c.me === me) ? f.status : 'offline'; emit('agent.status', { agent: me.agent, preset: me.preset, online: me.online }); route(); return {};
    case 'accept': if (!chat || chat.state === 'ended') bad('conflict', 'The chat has ended'); for (const o of [...chat.offers]) closeOffer(chat, o.agent, o.agent === me.agent ? 'accepted' : 'withdrawn'); if (!chat.agents.includes(me.agent)) chat.agents.push(me.agent); chat.state = 'served'; chat.everJoined = true; emit('chat.joined', { conversation: chat.conversation, chat: chat.chat, agent: me.agent, name: me.name }); route(); return {};
    case 'decline': closeOffer(chat, me.agent, 'declined'); chat.declined.add(me.agent); route(); return {};
    case 'send': message(conv, { by: 'agent', agent: me.agent, name: me.name, kind: f.kind === 'note' ? 'note' : f.file ? 'file' : 'message', text: f.text ?? '', file: f.file ? files.get(f.file).info : null, key: f.key }); return {};
    case 'tags': { const before = conv.tags; conv.tags = f.tags; emit('tags.changed', { conversation: conv.conversation, before, after: f.tags, by: 'agent' }); return {}; }
    case 'transfer': { chat.agents = chat.agents.filter((a) => a !== me.agent); chat.state = chat.agents.length ? 'served' : 'queued'; chat.only = f.agent; chat.declined = new Set(f.agent ? [] : [me.agent]); emit('chat.left', { conversation: chat.conversation, chat: chat.chat, agent: me.agent, name: me.name, state: chat.state }); emit('chat.transferred', { conversation: chat.conversation, chat: chat.chat, from: chat.department, department: f.department ?? chat.department, agent: f.agent ?? null, state: chat.state }); route(); return {}; }
    case 'invite': offer(chat, agents.find((a) => a.agent === f.agent), chat.state); return {};
    case 'leave': chat.agents = chat.agents.filter((a) => a !== me.agent); chat.state = chat.agents.length ? 'served' : 'queued'; emit('chat.left', { conversation: chat.conversation, chat: chat.chat, agent: me.agent, name: me.name, state: chat.state }); chat.declined.add(me.agent); route(); return {};
    case 'end': endChat(chat, 'agent'); return {};
    case 'resolve': status(conv, 'R', 'agent'); return {};
    case 'reopen': status(conv, 'C', 'agent'); return {};
    case 'read': conv.read.agent = f.message; emit('read.marked', { conversation: conv.conversation, by: 'agent', message: f.message }); return {};
    case 'typing': for (const c of conns) if (c.visit === conv.visit && f.typing) c.send({ t: 'typing', conversation: conv.conversation, by: 'agent', name: me.name }); return {};
  }
  return bad('invalid');
}
function command(c, f) { if (f.key && keys.has(f.key)) return { ...keys.get(f.key) }; try { const more = c.visit ? visitorCommand(c.visit, f) : agentCommand(c.me, f); const ok = { t: 'ok', key: f.key, number: journal.length, ...more }; if (f.key) keys.set(f.key, ok); return ok; } catch (e) { if (!e.code) console.error(e); return { t: 'error', key: f.key, code: e.code ?? 'internal', message: e.message }; } }
function visitorState(visit) { const v = visits.get(visit); const conv = conversations.get(v.conversation); const c = lastChat(visit); const mine = c && c.conversation === conv?.conversation ? c : null; return { visit, online: free().length > 0, conversation: conv?.conversation ?? null, chat: mine && { chat: mine.chat, state: mine.state, department: mine.department, rating: mine.rating, reason: mine.reason, agents: mine.agents.map((a) => ({ agent: a, name: agents.find((x) => x.agent === a).name })) }, queue: null, read: conv?.read ?? { customer: null, agent: null }, messages: conv?.messages.filter((m) => PUBLIC.has(m.kind)) ?? [] }; }
const brief = (c) => ({ chat: c.chat, conversation: c.conversation, state: c.state, department: c.department, customer: conversations.get(c.conversation).customer, started_by: c.started_by, requested: c.requested, waiting_since: c.state === 'served' ? null : c.requested, unanswered_since: null, agents: c.agents, offers: c.offers });
const deskState = (me) => ({ me: agentState(me), agents: agents.map(agentState), departments: departments.map(({ department, name, strategy, enabled }) => ({ department, name, strategy, enabled })), chats: [...chats.values()].filter((c) => c.state !== 'ended').map(brief), settings: { name: settings.name, accent: settings.accent } });
function welcome(c, { epoch: e, number }) { const resumed = e === epoch && number <= journal.length; c.send({ t: 'welcome', epoch, number: journal.length, resumed, ...(resumed ? {} : { state: c.visit ? visitorState(c.visit) : deskState(c.me) }) }); if (resumed) for (const ev of journal.slice(number)) if (c.visit ? forVisitor(ev, c.visit) : forAgent(ev, new Set())) c.send({ t: 'event', ...ev }); if (c.visit) queue(c); }
const history = (c, { conversation, after }) => { c.watch.add(conversation); c.send({ t: 'history', conversation, upto: journal.length, events: journal.filter((e) => e.conversation === conversation && e.n > after) }); };
function arrive(c) { conns.add(c); if (c.me && c.me.online !== c.me.preset) { c.me.online = c.me.preset; emit('agent.status', { agent: c.me.agent, preset: c.me.preset, online: c.me.online }); route(); } }
const wss = new WebSocketServer({ noServer: true });
const jsonBody = async (req) => { const parts = []; for await (const p of req) parts.push(p); return Buffer.concat(parts); };
const session = (req) => sessions.get(/deskbell_session=([^;]+)/.exec(req.headers.cookie ?? '')?.[1]);
const TYPES = { html: 'text/html; charset=utf-8', js: 'text/javascript', css: 'text/css', md: 'text/plain' };
const conv = (c) => ({ conversation: c.conversation, code: c.code, status: c.status, channel: c.channel, subject: c.subject, preview: c.preview, department: c.department, agent: c.agent, customer: c.customer, tags: c.tags, created: c.created, changed: c.changed });
const server = createServer(async (req, res) => {
  const url = new URL(req.url, 'http://x');
  const send = (status, body, headers = {}) => { res.writeHead(status, { 'content-type': 'application/json', ...headers }); res.end(body === undefined ? '' : JSON.stringify(body)); };
  try {
    const p = url.pathname;
    if (p === '/live/visit') { const b = JSON.parse(await jsonBody(req)); let v = visits.get(b.token); if (!v) { const customer = { customer: id(), name: '', email: '', phone: '', note: '', created: Date.now() }; customers.set(customer.customer, customer); v = { visit: randomUUID(), customer, pages: [], conversation: null, ua: req.headers['user-agent'] }; visits.set(v.visit, v); } v.pages.push({ ...b.page, at: Date.now() }); return send(200, { token: v.visit, visit: v.visit, customer: v.customer, online: free().length > 0, departments: departments.map((d) => ({ id: d.department, name: d.name, online: free().length > 0 })), settings }); }
    const who = visits.has((req.headers.authorization ?? '').slice(7)) ? { visit: req.headers.authorization.slice(7) } : session(req) ? { me: session(req) } : null;
    if (p.startsWith('/live/files')) { if (!who) return send(401, {}); if (req.method === 'POST') { const body = await jsonBody(req); const info = { file: randomUUID(), name: url.searchParams.get('name'), content_type: req.headers['content-type'], bytes: body.length }; files.set(info.file, { info, body }); return send(200, info); } const f = files.get(p.slice(12)); res.writeHead(200, { 'content-type': f.info.content_type }); return res.end(f.body); }
    if (p === '/live/visitor/send' || p === '/live/agent/send') { if (!who) return send(401, {}); return send(200, command({ ...who, watch: new Set() }, JSON.parse(await jsonBody(req)))); }
    if (p === '/live/visitor/poll' || p === '/live/agent/poll') { if (!who) return send(401, {}); const b = JSON.parse(await jsonBody(req)); const frames = []; const c = { ...who, watch: new Set(), send: (f) => { frames.push(f); if (f.t !== 'welcome' && f.t !== 'history' && f.t !== 'queue') done?.(); } }; let done; welcome(c, b); for (const w of b.watch ?? []) history(c, w); const empty = () => !frames.some((f) => (f.t === 'welcome' && !f.resumed) || f.t === 'event' || f.events?.length); arrive(c); if (empty() && b.wait_seconds !== 0) await new Promise((r) => { done = r; setTimeout(r, (b.wait_seconds ?? 25) * 1000); req.on('close', r); res.on('close', r); }); conns.delete(c); return send(200, { frames: empty() && b.epoch && b.wait_seconds !== 0 ? frames.filter((f) => f.t !== 'welcome' && f.t !== 'history') : frames }); }
    if (p.startsWith('/api/native/v1')) {
      const me = session(req); const q = p.slice(14).split('/').slice(1); const body = req.method === 'GET' || req.method === 'DELETE' ? null : JSON.parse(await jsonBody(req));
      if (req.method !== 'GET' && !req.headers['x-deskbell']) return send(403, { error: { code: 'forbidden', message: 'X-Deskbell' } });
      if (q[0] === 'session' && req.method === 'POST') { const a = agents.find((a) => a.email === body.email && a.password === body.password); if (!a) return send(401, { error: { code: 'bad_credential', message: 'Wrong e-mail or password' } }); const s = randomUUID(); sessions.set(s, a); return send(200, { agent: a }, { 'set-cookie': `deskbell_session=${s}; HttpOnly; SameSite=Strict; Path=/` }); }
      if (!me) return send(401, { error: { code: 'no_credential', message: 'Sign in' } });
      const list = (items) => send(200, { items, next: null });
      const key = `${req.method} ${q[0]}${q.length > 1 ? '/:' : ''}${q[2] ? '/' + q[2] : ''}`;
      const c = conversations.get(q[1]);
      switch (key) {
        case 'GET session': return send(200, { agent: me });
        case 'DELETE session': return send(204);
        case 'PUT me/:': agentCommand(me, { t: 'status', status: body.status }); return send(200, {});
        case 'GET agents': return list(agents);
        case 'POST agents': return send(201, makeAgent(body));
        case 'PUT agents/:': { const a = agents.find((a) => a.agent === q[1]); Object.assign(a, body); a.name = `${a.first_name} ${a.last_name}`.trim(); if (!a.enabled) agentCommand(a, { t: 'status', status: 'offline' }); emit('agent.changed', agentState(a)); return send(200, a); }
        case 'GET departments': return list(departments);
        case 'POST departments': { const d = { department: id(), description: '', strategy: 'random', offer_seconds: 30, queue_chats_max: null, enabled: true, members: [], ...body }; departments.push(d); emit('department.changed', d); return send(201, d); }
        case 'PUT departments/:': { const d = departments.find((d) => d.department === q[1]); Object.assign(d, body); emit('department.changed', d); return send(200, d); }
        case 'GET conversations': { const st = url.searchParams.get('status')?.split(','); const s = url.searchParams.get('search')?.toLowerCase(); return list([...conversations.values()].filter((c) => (!st || st.includes(c.status)) && (!s || JSON.stringify(c).toLowerCase().includes(s)) && (!url.searchParams.get('customer') || c.customer.customer === url.searchParams.get('customer'))).sort((a, b) => b.changed - a.changed).map(conv)); }
        case 'GET conversations/:': return send(200, { ...conv(c), chats: [...chats.values()].filter((x) => x.conversation === c.conversation).map((x) => ({ ...x, declined: undefined })), visit: { pages: visits.get(c.visit).pages, user_agent: visits.get(c.visit).ua, address: '127.0.0.1', referrer: '' } });
        case 'GET conversations/:/messages': return send(200, { items: c.messages, next: null, number: journal.length });
        case 'PUT conversations/:/status': status(c, body.status, 'agent'); return send(200, conv(c));
        case 'PUT conversations/:/assignment': c.department = body.department; c.agent = body.agent; emit('assigned', { conversation: c.conversation, department: c.department, agent: c.agent }); return send(200, conv(c));
        case 'GET customers/:': return send(200, customers.get(q[1]));
        case 'PUT customers/:': { const x = Object.assign(customers.get(q[1]), body); emit('customer.changed', x); return send(200, x); }
        case 'GET tags': return list([...new Set([...conversations.values()].flatMap((c) => c.tags))].map((name) => ({ tag: name, name, conversations: 1 })));
        case 'GET overview': { const live = [...chats.values()]; const n = (s) => live.filter((c) => c.state === s).length; const on = (s) => agents.filter((a) => a.online === s).length; return send(200, { incoming_chats: n('queued'), assigned_chats: n('offered'), active_chats: n('served'), missed_chats: { 30: 0, 60: 0 }, waiting_time_avg: null, agents_online: on('online'), agents_away: on('away'), agents_invisible: on('invisible'), visitors: visits.size, agents_available: on('online') }); }
        case 'GET bans': return list(bans);
        case 'POST bans': bans.push({ ban: id(), customer: null, address: null, ...body }); return send(201, bans.at(-1));
        case 'DELETE bans/:': bans.splice(bans.findIndex((b) => b.ban === q[1]), 1); return send(204);
        case 'GET settings': return send(200, settings);
        case 'PUT settings': Object.assign(settings, body); emit('settings.changed', {}); return send(200, settings);
        case 'GET credentials': return list(credentials);
        case 'POST credentials': { const x = { credential: id(), created: Date.now(), ...body }; credentials.push(x); return send(201, { ...x, secret: randomUUID() }); }
        case 'DELETE credentials/:': credentials.splice(credentials.findIndex((b) => b.credential === q[1]), 1); return send(204);
      }
      return send(404, { error: { code: 'not_found', message: key } });
    }
    if (p === '/') { res.writeHead(302, { location: '/demo' }); return res.end(); }
    let file = path.join(OUT, p); let bytes = await readFile(file).catch(() => null); if (!bytes) bytes = await readFile((file = path.join(OUT, p, 'index.html'))).catch(() => null);
    if (!bytes) return send(404, { error: { code: 'not_found', message: p } });
    res.writeHead(200, { 'content-type': TYPES[file.split('.').pop()] ?? 'application/octet-stream', 'content-security-policy': CSP + (p === '/demo' ? "; frame-src 'self'" : ''), 'x-content-type-options': 'nosniff' }); res.end(bytes);
  } catch (e) { console.error(e); send(500, { error: { code: 'internal', message: e.message } }); }
});
server.on('upgrade', (req, socket, head) => wss.handleUpgrade(req, socket, head, (ws) => {
  const visitor = req.url === '/live/visitor'; let c;
  ws.on('message', (data) => { const f = JSON.parse(data); if (!c) { if (f.t !== 'hello') return ws.close(1008); c = { watch: new Set(), send: (x) => ws.readyState === 1 && ws.send(JSON.stringify(x)) }; if (visitor) c.visit = visits.has(f.token) ? f.token : null; else c.me = session(req); if (!c.visit && !c.me) return ws.close(4001); welcome(c, f); arrive(c); return; }
    if (f.t === 'ping') return c.send({ t: 'pong' }); if (f.t === 'watch') return history(c, f); if (f.t === 'unwatch') return void c.watch.delete(f.conversation);
    const answer = command(c, f); if (f.key || answer.t === 'error') c.send(answer); });
  ws.on('close', () => conns.delete(c));
}));
server.listen(PORT, () => console.log(`fake desk on http://localhost:${PORT}`));
