/** The live protocol over a WebSocket. */

import type { Host, SocketLike, Transport } from './transport.ts';

/** From opening to the welcome. */
export const WELCOME_WITHIN_MS = 10_000;
/** Silence after which we ask whether the desk is still there. */
export const PING_AFTER_MS = 20_000;
/** Silence after a ping that means the connection is dead. */
export const PONG_WITHIN_MS = 12_000;

const CLOSE_RULES = 1008;
const CLOSE_CREDENTIAL = 4001;

export function openSocket(host: Host): Transport {
  const { env } = host;
  let socket: SocketLike | undefined;
  let welcome = false;
  let cancel = env.after(WELCOME_WITHIN_MS, fail);
  let pinged = false;

  function send(frame: object): void {
    socket?.send(JSON.stringify(frame));
  }

  function close(): void {
    cancel();
    if (!socket) return;
    // A socket on a dead network would tell us of its end minutes later.
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(1000);
  }

  function fail(): void {
    close();
    host.failed();
  }

  function ping(): void {
    if (pinged || !welcome) return;
    pinged = true;
    send({ t: 'ping' });
    cancel();
    cancel = env.after(PONG_WITHIN_MS, fail);
  }

  try {
    socket = env.socket(`${env.origin.replace(/^http/, 'ws')}/live/${host.role}`);
  } catch {
    // Not from within the opening: the client does not hold us yet.
    cancel();
    cancel = env.after(0, fail);
    return { send, ping, watch: send, close };
  }
  socket.onopen = () => {
    const token = host.token();
    send({ t: 'hello', ...(token ? { token } : {}), ...host.place() });
  };
  socket.onmessage = ({ data }) => {
    const frame = parse(data);
    if (!welcome && frame?.t !== 'welcome') return void (frame && host.receive(frame));
    pinged = false;
    cancel();
    cancel = env.after(PING_AFTER_MS, ping);
    const first = !welcome;
    welcome = true;
    if (frame) host.receive(frame);
    if (!first) return;
    host.opened();
    for (const { conversation, after } of host.watches()) send({ t: 'watch', conversation, after });
  };
  socket.onclose = ({ code }) => {
    close();
    if (code === CLOSE_CREDENTIAL) host.refused();
    // Before the welcome it may be a slow network that kept our hello too long.
    else if (code === CLOSE_RULES && welcome) host.broken();
    else host.failed();
  };
  return { send, ping, watch: send, close };
}

function parse(data: unknown): { t: string } | null {
  try {
    return JSON.parse(String(data)) as { t: string };
  } catch {
    return null;
  }
}
