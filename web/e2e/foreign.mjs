/** What tests of embedded and public pages share: a shop of another origin, LiveAgent v1 as its plugins speak it, an owner's settings. */

import assert from 'node:assert/strict';
import http from 'node:http';
import { DESK_URL } from './desk.mjs';

/** A web site on another host than the desk's; `pages` are its bodies by path. */
export async function startShop(pages) {
  const server = http.createServer((request, response) => {
    const body = pages[new URL(request.url, 'http://shop').pathname];
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(
      `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Kettle and Leaf</title></head><body>${body ?? ''}</body></html>`,
    );
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  // The same machine by another name is another site.
  return { url: `http://localhost:${server.address().port}`, close: () => server.close() };
}

/** Runs a test with a shop, and with the domains that may embed the desk set to these. */
export async function withShop(owner, { pages, allowed = true }, run) {
  const shop = await startShop(pages);
  const before = (await owner.call('GET', '/settings')).widget_domains;
  await owner.call('PUT', '/settings', { widget_domains: allowed ? [shop.url] : [] });
  try {
    await run(shop);
  } finally {
    await owner.call('PUT', '/settings', { widget_domains: before }, true);
    shop.close();
  }
}

/** LiveAgent v1 with a key of this test alone. */
export async function liveAgent(owner) {
  const { secret } = await owner.call('POST', '/credentials', { kind: 'apikey', name: 'browser tests' });
  return async (method, path, fields = {}) => {
    const query = new URLSearchParams({ apikey: secret, ...(method === 'GET' ? fields : {}) });
    const body = method === 'GET' ? undefined : new URLSearchParams(fields);
    const response = await fetch(`${DESK_URL}/api/${path}?${query}`, { method, body });
    const text = await response.text();
    assert.equal(response.status, 200, `${method} ${path}: ${text}`);
    return JSON.parse(text).response;
  };
}

/** A contact widget as LiveAgent's own plugins make one. */
export function createWidget(api, fields = {}) {
  return api('POST', 'widgets', {
    name: 'Button',
    provide: 'BFC',
    departmentid: 'default',
    rtype: 'C',
    usecode: 'B',
    status: 'A',
    attributes: '[]',
    language: 'en-US',
    ...fields,
  });
}

/** The embed code that LiveAgent has given out for years. */
export const snippet = (call, script = `${DESK_URL}/scripts/track.js`) => `<script type="text/javascript">
(function(d, src, c) { var t=d.scripts[d.scripts.length - 1],s=d.createElement('script');s.id='la_x2s6df8d';s.async=true;s.src=src;
s.onload=s.onreadystatechange=function(){var rs=this.readyState;if(rs&&(rs!='complete')&&(rs!='loaded')){return;}c(this);};
t.parentElement.insertBefore(s,t.nextSibling);})(document,
'${script}',
function(e){ ${call} });
</script>`;

/** A visitor who leaves a message, without a browser. Answers the conversation. */
export async function leaveMessage(name, email, text) {
  const post = async (path, body, token) => {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
    const response = await fetch(`${DESK_URL}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    assert.equal(response.status, 200, await response.clone().text());
    return response.json();
  };
  const { token } = await post('/live/visit', { token: null, page: { url: 'http://localhost/', title: '', referrer: '' } });
  const key = `${Date.now()}-${name}`;
  return (await post('/live/visitor/send', { t: 'offline', key, name, email, text }, token)).conversation;
}
