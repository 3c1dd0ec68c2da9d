/**
 * The Python texts that the program writes, word for word. A copy: what is judged may not be the measure itself, so a
 * change of `components/login/expressions.ts` or `components/applications/scopes.ts` is refused until it is made here,
 * too. A test holds both against each other.
 */

/** Passes for a person who has no confirmed TOTP device. */
export const LACKS_TOTP = `user = request.context.get("pending_user", request.user)
return not ak_user_has_authenticator(user, "totp")`;

/** Passes for whoever is in a recovery flow by no link, by a link that is not theirs, or for a disabled account. */
export const LACKS_OWN_LINK = `token = request.context.get("is_restored")
user = request.context.get("pending_user")
if not token or not user or getattr(token, "user_id", user.pk) != user.pk:
    return True
account = ak_user_by(pk=user.pk)
return not account or not account.is_active`;

/**
 * Passes for a login from a source with Google's hosted domain and e-mail domain as given. What no slug and no domain has
 * is left out, so that no text with it is ever the program's.
 */
export function fromHostedDomain(slug: string, domain: string): string {
  const word = (text: string) => `"${text.replace(/[^\w.-]/g, "")}"`;
  return `source = request.context.get("source")
info = request.context.get("oauth_userinfo") or {}
domain = ${word(domain)}
user = request.context.get("pending_user")
email = str(info.get("email", "")).lower()
verified = info.get("verified_email", info.get("email_verified")) is True
return (
    ak_is_sso_flow
    and getattr(source, "slug", None) == ${word(slug)}
    and info.get("hd") == domain
    and email.endswith("@" + domain)
    and verified
    and getattr(user, "is_active", True)
    and getattr(user, "username", None) == email.split("@")[0]
)`;
}

/** What an application is told, by scope. */
export const SCOPES: Readonly<Record<string, string>> = {
  profile: `return {
    "name": request.user.name,
    "given_name": request.user.name,
    "preferred_username": request.user.username,
    "nickname": request.user.username,
}`,
  email: `return {
    "email": request.user.email,
    "email_verified": True,
}`,
  groups: `return {"groups": sorted(group.name for group in request.user.all_groups())}`,
};
