"""Can staff sign in through the provider? `freequote doctor` asks."""

from app.access.oidc.errors import ProviderOutOfReach, SignInNotSetUp
from app.access.oidc.provider import Asks, Provider
from app.access.oidc.reading import load_reader
from app.clock import Clock
from app.health import Finding
from app.settings import Settings

_NAME = "sign-in provider"


async def check_sign_in(settings: Settings, asks: Asks, clock: Clock) -> Finding:
    """Look whether tokens can be read and the provider describes itself and its keys."""
    provider = Provider(settings, asks, clock)
    try:
        load_reader()
        await provider.keys()
    except SignInNotSetUp:
        remedy = "Run `pip install 'freequote[oidc]'`. Passwords work all the same."
        return Finding(_NAME, ok=False, detail="the package authlib is not installed", remedy=remedy)
    except ProviderOutOfReach:
        remedy = "The log says what came back. Passwords work all the same."
        return Finding(_NAME, ok=False, detail="it does not answer, or not as agreed", remedy=remedy)
    return Finding(_NAME, ok=True, detail="describes itself and its keys")
