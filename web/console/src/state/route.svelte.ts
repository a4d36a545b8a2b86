// The page that is shown, kept in the address after #, so that the server has
// one page to serve and a link can be passed on.

export type Page = 'map' | 'leads' | 'status';

export interface Route {
  page: Page;
  id?: string; // a site on the map, a lead among the leads
}

function read(): Route {
  const [page, id] = location.hash.replace(/^#\/?/, '').split('/');
  const decoded = id ? decodeURIComponent(id) : undefined;
  if (page === 'leads') return { page, id: decoded };
  if (page === 'status') return { page };
  return { page: 'map', id: decoded };
}

class Router {
  route = $state<Route>(read());

  constructor() {
    addEventListener('hashchange', () => (this.route = read()));
  }

  go(page: Page, id?: string) {
    location.hash = href(page, id);
  }
}

export const href = (page: Page, id?: string) => `#/${page}${id ? `/${encodeURIComponent(id)}` : ''}`;

export const router = new Router();
