/** Which methods the routes of a server take, by path: what tells 405 from 404. */
export class AllowedMethods {
  readonly #routes = new Map<string, { readonly fits: RegExp; readonly methods: Set<string> }>();

  /** Takes a route as it is declared: `/v1/tenants/:id`, `/assets/*`. */
  add(route: string, methods: string | readonly string[]): void {
    let known = this.#routes.get(route);
    if (known === undefined) {
      known = { fits: patternOf(route), methods: new Set() };
      this.#routes.set(route, known);
    }
    for (const method of [methods].flat()) known.methods.add(method);
  }

  /** The methods that are taken at the path, sorted; none where there is no route. */
  at(path: string): readonly string[] {
    const routes = [...this.#routes.values()].filter(({ fits }) => fits.test(path));
    return [...new Set(routes.flatMap(({ methods }) => [...methods]))].sort();
  }
}

function patternOf(route: string): RegExp {
  const parts = route.split('/').map((part) => {
    if (part.startsWith(':')) return '[^/]+';
    return part.replaceAll(/[.*+?^${}()|[\]\\]/g, (special) => (special === '*' ? '.*' : `\\${special}`));
  });
  return new RegExp(`^${parts.join('/')}$`);
}
