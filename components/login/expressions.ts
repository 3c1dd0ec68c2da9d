/**
 * The Python expressions of policies and mappings, as pure functions. Every value from data goes through
 * `pythonString`, so no name can break out of its literal.
 */

/** A Python string literal for any text; whatever is not plain ASCII is escaped by code point. */
export function pythonString(text: string): string {
  const characters = Array.from(text, (character) => {
    const code = character.codePointAt(0) ?? 0;
    const plain = code >= 0x20 && code < 0x7f && character !== '"' && character !== "\\";
    return plain ? character : `\\U${code.toString(16).padStart(8, "0")}`;
  });
  return `"${characters.join("")}"`;
}

// The person who logs in: in a flow the request's own user is still anonymous.
const PENDING_USER = 'user = request.context.get("pending_user", request.user)';

/** Passes for a person who has no confirmed TOTP device (devices of other kinds do not count). */
export function lacksTotp(): string {
  return `${PENDING_USER}\nreturn not ak_user_has_authenticator(user, "totp")`;
}

/**
 * Passes for whoever is in a recovery flow by no link, by a link that is not theirs, or for an account that has been
 * disabled since. A link restores its plan, and the server then writes what an unfinished flow of the session knows over
 * it (read in `flows/views/executor.py`, 2026.5): whoever types B's name into the login form and opens A's link would go
 * on as B. The context's `is_restored` is the link's token, whose `user_id` outlives its deletion; a server that says a
 * plain `True` there cannot tell whose link it was. The plan's person is the one of the day the link was made, so whether
 * they are still here is asked of the database.
 */
export function lacksOwnLink(): string {
  return [
    'token = request.context.get("is_restored")',
    'user = request.context.get("pending_user")',
    'if not token or not user or getattr(token, "user_id", user.pk) != user.pk:',
    "    return True",
    "account = ak_user_by(pk=user.pk)",
    "return not account or not account.is_active",
  ].join("\n");
}

/** Passes for a login that comes from the source `slug` with Google's hosted domain and e-mail domain as given. */
export function fromHostedDomain(slug: string, domain: string): string {
  // Google answers `verified_email` on the endpoint Authentik asks, and `email_verified` on the newer one. `hd` is
  // checked at every login, not only when the account is linked: a link can be made from inside a session.
  return [
    'source = request.context.get("source")',
    'info = request.context.get("oauth_userinfo") or {}',
    `domain = ${pythonString(domain)}`,
    'user = request.context.get("pending_user")',
    'email = str(info.get("email", "")).lower()',
    'verified = info.get("verified_email", info.get("email_verified")) is True',
    "return (",
    "    ak_is_sso_flow",
    `    and getattr(source, "slug", None) == ${pythonString(slug)}`,
    '    and info.get("hd") == domain',
    '    and email.endswith("@" + domain)',
    "    and verified",
    '    and getattr(user, "is_active", True)',
    // Of two accounts with one address the server links the older one, as the administrator of its set-up may be.
    '    and getattr(user, "username", None) == email.split("@")[0]',
    ")",
  ].join("\n");
}
