"""Reads the provider's ID token (OpenID Connect Core 1.0 §3.1.3.7). It needs the extra: authlib and joserfc."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import ClaimError, ExpiredTokenError, InvalidKeyIdError, JoseError
from joserfc.jwk import Key, KeySet, import_key
from joserfc.jws import JWSRegistry

from app.access.oidc.reading import BadToken, Expected, UnknownKey

_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
"""Signed with a key that only the provider has: neither `none` nor one that we would share with it (HS256)."""
# A header that we do not know says nothing to us (RFC 7515 §4.2); one marked `crit` is refused all the same.
_REGISTRY = JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False)
_KINDS = {"RSA", "EC"}
_CLOCKS_DIFFER_BY_SECONDS = 60
_CLAIMS = {"iss", "sub", "aud", "exp", "nbf", "iat", "nonce", "azp", "at_hash", "auth_time", "amr"}


def read_id_token(id_token: str, keys: Sequence[dict[str, Any]], now: datetime, expected: Expected) -> dict[str, Any]:
    """Return the claims of a token that one of the keys signed, for us, for this very sign-in, and lately.

    Errors: `UnknownKey`; `BadToken`.
    """
    try:
        token = jwt.decode(id_token, KeySet(_usable(keys)), registry=_REGISTRY)
    except InvalidKeyIdError:
        raise UnknownKey from None
    except (JoseError, ValueError, TypeError):
        raise BadToken("signature") from None
    values = {"iss": expected.issuer, "aud": expected.client_id}
    exactly = {claim: {"essential": True, "value": value} for claim, value in values.items()}
    params = {"nonce": expected.nonce, "client_id": expected.client_id, "access_token": expected.access_token}
    claims = CodeIDToken(token.claims, token.header, options=exactly, params=params)
    try:
        claims.validate(int(now.timestamp()), _CLOCKS_DIFFER_BY_SECONDS)
    except ExpiredTokenError:
        raise BadToken("exp") from None
    except ClaimError as error:
        # What stands there may come from the token itself.
        raise BadToken(error.claim if error.claim in _CLAIMS else "claims") from None
    except (JoseError, ValueError, TypeError):
        raise BadToken("claims") from None
    return dict(claims)


def _usable(keys: Sequence[dict[str, Any]]) -> list[Key]:
    """Return the public keys that sign; one that cannot be read is no reason to refuse those that can."""
    found = []
    for key in keys:
        if key.get("kty") in _KINDS and key.get("use", "sig") == "sig":
            try:
                found.append(import_key(key))
            except (JoseError, ValueError, TypeError):
                continue
    return found
