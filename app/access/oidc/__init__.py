"""Sign-in through the clinic's own OpenID provider (OpenID Connect Core 1.0, authorization code with PKCE)."""
