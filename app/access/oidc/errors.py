"""What a sign-in through the provider is refused with."""

from http import HTTPStatus

from app.errors import AppError, OutOfReach


class SignInNotSetUp(AppError):
    """No provider is set, or the package that reads its tokens is not installed."""

    status = HTTPStatus.NOT_FOUND
    code = "sign-in-not-set-up"
    title = "No sign-in provider is set up"
    explanation = (
        "Set FREEQUOTE_OIDC_ISSUER and FREEQUOTE_OIDC_CLIENT_ID, and install the extra: "
        "`pip install 'freequote[oidc]'`. Logging in with a password works all the same."
    )


class SignInNotBegun(AppError):
    """What comes back from the provider belongs to no sign-in of this browser that is still under way."""

    status = HTTPStatus.BAD_REQUEST
    code = "sign-in-not-begun"
    title = "This sign-in is not under way"
    explanation = (
        "It was not begun in this browser, took longer than ten minutes, or was used up already. Begin it anew."
    )

    def __init__(self) -> None:
        super().__init__("This sign-in is not under way in this browser any more. Begin it anew.")


class SignInRefused(AppError):
    """The provider's answer is not good, or nobody here may sign in by it. Which it is, the audit says."""

    status = HTTPStatus.UNAUTHORIZED
    code = "sign-in-refused"
    title = "That did not sign you in"
    explanation = (
        "The provider did not vouch for somebody who has an account here, or its answer does not hold. There must be "
        "an account, or an open invitation, for the very address that the provider verified. "
        "The reason stands in the audit."
    )

    def __init__(self) -> None:
        super().__init__("This sign-in opens no account here. Ask whoever invites people to look into the audit.")


class SecondFactorMissing(AppError):
    """The account needs a second factor, and the provider does not say that there was one."""

    status = HTTPStatus.UNAUTHORIZED
    code = "second-factor-missing"
    title = "A second factor is needed"
    explanation = (
        "The account asks for a second factor, and the provider's token does not say `mfa` in `amr`. Let the provider "
        "ask for one, or log in with password and code."
    )

    def __init__(self) -> None:
        super().__init__("The provider did not say that it asked you for a second factor.")


class ProviderOutOfReach(OutOfReach):
    """The provider does not answer, or not as agreed."""

    code = "provider-out-of-reach"
    title = "The sign-in provider does not answer"
    explanation = (
        "The provider does not answer, or not as agreed; the log says more. Try again later. "
        "Logging in with a password works all the same."
    )

    def __init__(self) -> None:
        super().__init__("The sign-in provider does not answer. Log in with your password, or try again later.")


class SubjectTaken(AppError):
    """Another account is bound to that subject."""

    status = HTTPStatus.CONFLICT
    code = "subject-taken"
    title = "Another account signs in as that"
    explanation = "One subject of the provider signs in to one account. Unbind the other one first."

    def __init__(self) -> None:
        super().__init__("Another account is bound to that subject.")
