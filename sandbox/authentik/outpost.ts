import { EMBEDDED } from "./rules";
import type { Row, Store } from "./store";

/**
 * The embedded outpost, as a real one answered: by the host it is asked for. Only the host of a proxy provider that is
 * attached to it is served; `ping` answers on every host.
 */
export function outpost(
  store: Store,
  host: string,
  path: string,
): { readonly status: number; readonly body: Row; readonly location?: string } {
  const answer = (status: number, location?: string) => ({ status, body: {}, location });
  if (path === "/outpost.goauthentik.io/ping") return answer(204);
  const embedded = store.rows("outposts/instances").find((o) => o.managed === EMBEDDED);
  const provider = store
    .rows("providers/proxy")
    .find(
      (p) => [embedded?.providers].flat().includes(p.pk) && new URL(String(p.external_host)).host === host,
    );
  if (!provider) return answer(404);
  const { authentik_host: home } = embedded?.config as Row;
  const callback = `${String(provider.external_host)}/outpost.goauthentik.io/callback?X-authentik-auth-callback=true`;
  switch (path) {
    case "/outpost.goauthentik.io/start":
    case "/outpost.goauthentik.io/auth/traefik":
      return answer(
        302,
        `${String(home)}application/o/authorize/?client_id=${String(provider.client_id)}&redirect_uri=${encodeURIComponent(callback)}&response_type=code`,
      );
    case "/outpost.goauthentik.io/auth/nginx":
      return answer(401);
    case "/outpost.goauthentik.io/callback":
      return answer(400);
    default:
      return answer(404);
  }
}
