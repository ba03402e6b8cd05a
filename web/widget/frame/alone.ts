/** The chat as a page of its own: what its address says, such as that of an old `/scripts/inline_chat.php?cwid=…`. */

import type { Field } from '../../shared/protocol.ts';
import type { Handed, ToFrame } from '../messages.ts';

export async function alone(query: URLSearchParams): Promise<ToFrame & { deskbell: 'start' }> {
  const text = (name: string): string => query.get(name)?.trim() ?? '';
  const widget = text('cwid');
  let handed: Handed = {};
  if (widget) {
    const answer = await fetch(`/scripts/widget/${encodeURIComponent(widget)}`, { credentials: 'omit' }).catch(() => null);
    // Without its widget the chat goes to the desk's first department.
    if (answer?.ok) {
      const { department } = (await answer.json()) as { department: string };
      const ticket_fields: Field[] = [];
      for (const [code, value] of [
        ['note', text('note')],
        ['subject', text('pt')],
      ] as const)
        if (value) ticket_fields.push({ code, value });
      handed = { widget, department, ticket_fields };
    }
  }
  return {
    deskbell: 'start',
    // Not the query: it may hold the visitor's name and address.
    page: { url: location.origin + location.pathname, title: document.title, referrer: document.referrer },
    identity: {
      name: `${text('firstName')} ${text('lastName')}`.trim() || undefined,
      email: text('email') || undefined,
      phone: text('phone') || undefined,
    },
    handed,
    open: true,
  };
}
