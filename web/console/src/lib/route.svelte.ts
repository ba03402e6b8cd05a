/** Where in the console we are, in the address after `#`: no server needs to know of it, and the way back works. */

export const AREAS = ['chats', 'tickets', 'settings', 'reports'] as const;
export type Area = (typeof AREAS)[number];

export interface Route {
  area: Area;
  /** A conversation, or a page of the settings or the reports. */
  id: string | null;
}

function read(): Route {
  const [area, id] = location.hash.replace(/^#\/?/, '').split('/');
  return { area: AREAS.find((known) => known === area) ?? 'chats', id: id || null };
}

class Router {
  route = $state.raw<Route>(read());

  constructor() {
    addEventListener('hashchange', () => (this.route = read()));
  }

  go(area: Area, id: string | null = null): void {
    location.hash = link(area, id);
  }
}

export function link(area: Area, id: string | null = null): string {
  return `#/${area}${id ? `/${id}` : ''}`;
}

export const router = new Router();
