import { endpoints, SCOPES, type Consumer } from "./consumer";

/**
 * Grafana reads its environment: section `auth.generic_oauth`, key `x` is `GF_AUTH_GENERIC_OAUTH_X`
 * (Grafana documentation, "Configure generic OAuth2 authentication").
 */
export const grafana: Consumer = (context) => {
  const { authorize, token, userinfo, endSession } = endpoints(context);
  const setting = (key: string, value: string) => [`GF_AUTH_GENERIC_OAUTH_${key}`, value] as const;
  return {
    GF_SERVER_ROOT_URL: `https://${context.host}`,
    ...Object.fromEntries([
      setting("ENABLED", "true"),
      setting("NAME", "PLANA"),
      setting("CLIENT_ID", context.clientId),
      setting("CLIENT_SECRET", context.clientSecret),
      setting("SCOPES", SCOPES.join(" ")),
      setting("AUTH_URL", authorize),
      setting("TOKEN_URL", token),
      setting("API_URL", userinfo),
      setting("SIGNOUT_REDIRECT_URL", endSession),
      setting("USE_PKCE", "true"),
      setting("ALLOW_SIGN_UP", "true"),
      setting("LOGIN_ATTRIBUTE_PATH", "preferred_username"),
      setting("NAME_ATTRIBUTE_PATH", "name"),
      setting("EMAIL_ATTRIBUTE_PATH", "email"),
      setting("GROUPS_ATTRIBUTE_PATH", "groups"),
      setting(
        "ROLE_ATTRIBUTE_PATH",
        `contains(groups[*], '${context.adminGroup}') && 'GrafanaAdmin' || 'Viewer'`,
      ),
      setting("ROLE_ATTRIBUTE_STRICT", "true"),
      setting("ALLOW_ASSIGN_GRAFANA_ADMIN", "true"),
    ]),
  };
};
