"""Settings: read once, frozen, refused when they contradict each other."""

import base64
import secrets
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.deliveries.settling import GATHER_SECONDS, PAUSES
from app.errors import Refusal
from app.settings import LEASE_MARGIN_SECONDS, PREFIX, SAMPLE_KEY, Settings, read_settings

KEY = base64.b64encode(secrets.token_bytes(32)).decode()
PRODUCTION = {
    "FREEQUOTE_ENVIRONMENT": "production",
    "FREEQUOTE_SEALING_KEY": KEY,
    "FREEQUOTE_PUBLIC_URL": "https://quotes.clinic.example",
}


def test_nothing_set_is_a_complete_development_configuration() -> None:
    settings = read_settings({})
    assert not settings.production
    assert settings.effective_database_url == "sqlite:///data/freequote.db"
    assert settings.base_url == "http://127.0.0.1:8000"


def test_settings_do_not_change_once_they_are_read() -> None:
    with pytest.raises(ValidationError):
        read_settings({}).port = 1  # type: ignore[misc]


def test_every_setting_says_what_it_is_for() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_a_secret_is_read_from_the_file_that_is_named(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    assert read_settings({"FREEQUOTE_SEALING_KEY_FILE": str(file)}).sealing_key.get_secret_value() == KEY


def test_a_value_and_its_file_at_once_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="both set"):
        read_settings({"FREEQUOTE_SEALING_KEY": KEY, "FREEQUOTE_SEALING_KEY_FILE": str(tmp_path / "key")})


def test_a_file_that_cannot_be_read_is_named_by_its_setting(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="FREEQUOTE_SMTP_URL_FILE"):
        read_settings({"FREEQUOTE_SMTP_URL_FILE": str(tmp_path / "missing")})


def test_an_empty_variable_is_as_good_as_none() -> None:
    assert read_settings({"FREEQUOTE_PORT": "", "FREEQUOTE_PUBLIC_URL": ""}).port == 8000


def test_an_empty_variable_of_the_process_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FREEQUOTE_PORT", "")
    assert read_settings().port == 8000


def test_only_what_is_handed_over_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FREEQUOTE_PORT", "9000")
    assert read_settings({}).port == 8000


def test_production_starts_with_a_key_and_a_public_address() -> None:
    assert read_settings(PRODUCTION).production


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"FREEQUOTE_SEALING_KEY": ""}, "openssl rand -base64 32"),
        ({"FREEQUOTE_SEALING_KEY": SAMPLE_KEY}, "sample"),
        ({"FREEQUOTE_SEALING_KEY": f"{KEY},{SAMPLE_KEY}"}, "sample"),
        ({"FREEQUOTE_SEALING_KEY": base64.b64encode(bytes(32)).decode()}, "sample"),
        ({"FREEQUOTE_PUBLIC_URL": ""}, "FREEQUOTE_PUBLIC_URL"),
        ({"FREEQUOTE_PUBLIC_URL": "http://quotes.clinic.example"}, "https://"),
    ],
)
def test_production_refuses_what_is_missing_or_a_sample_and_says_what_to_do(
    change: dict[str, str], sentence: str
) -> None:
    with pytest.raises(Refusal, match=sentence):
        read_settings(PRODUCTION | change)


def test_mail_without_a_sender_is_refused() -> None:
    with pytest.raises(Refusal, match="FREEQUOTE_MAIL_FROM"):
        read_settings({"FREEQUOTE_SMTP_URL": "smtp://mail.clinic.example:587"})


def test_turnstile_has_both_keys_or_none() -> None:
    site, secret = {"FREEQUOTE_TURNSTILE_SITE_KEY": "0x4AAA-a_b"}, {"FREEQUOTE_TURNSTILE_SECRET": "canary-secret"}
    assert read_settings(site | secret).turnstile_url.startswith("https://challenges.cloudflare.com/")
    for half in (site, secret):
        with pytest.raises(Refusal, match="set both, or neither") as refusal:
            read_settings(half)
        assert "canary" not in str(refusal.value)
    with pytest.raises(Refusal, match="letters, digits"):
        read_settings({**secret, "FREEQUOTE_TURNSTILE_SITE_KEY": '0x"><script>'})
    with pytest.raises(Refusal, match="FREEQUOTE_TURNSTILE_URL"):
        read_settings({**PRODUCTION, **site, **secret, "FREEQUOTE_TURNSTILE_URL": "http://127.0.0.1/"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "none"),
        ("PORT", "70000"),
        ("ENVIRONMENT", "staging"),
        ("BURST", "many"),
        ("BURST", "0/10s"),
        ("ALLOW_NETWORKS", "10.0.0.0/8,everything"),
        ("MAX_BODY", "1"),
        ("PUBLIC_URL", "ftp://quotes.clinic.example"),
        ("METRICS", "9464"),
        ("METRICS", "127.0.0.1:0"),
        ("METRICS", "127.0.0.1:70000"),
        ("METRICS", "http://127.0.0.1:9464"),
    ],
)
def test_a_wrong_value_is_refused_by_name_and_never_repeated(name: str, value: str) -> None:
    with pytest.raises(Refusal, match=f"{PREFIX}{name}") as refusal:
        read_settings({f"{PREFIX}{name}": value})
    assert value not in str(refusal.value).partition(": ")[2].split()


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("", None),
        ("127.0.0.1:9464", ("127.0.0.1", 9464)),
        ("metrics.internal:80", ("metrics.internal", 80)),
        ("[::1]:9464", ("::1", 9464)),
    ],
)
def test_figures_have_an_address_or_none(value: str, address: tuple[str, int] | None) -> None:
    assert read_settings({"FREEQUOTE_METRICS": value}).metrics_address == address


def test_a_refusal_never_repeats_a_secret() -> None:
    with pytest.raises(Refusal) as refusal:
        read_settings({"FREEQUOTE_SMTP_URL": "smtp://user:canary-password@mail.clinic.example", "FREEQUOTE_PORT": "x"})
    assert "canary" not in str(refusal.value)


def test_settings_print_without_their_secrets() -> None:
    assert KEY not in repr(read_settings(PRODUCTION))


def test_a_rate_reads_as_count_and_time() -> None:
    burst = read_settings({"FREEQUOTE_BURST": "30/2m"}).burst
    assert (burst.count, burst.seconds) == (30, 120)


def test_networks_are_a_list_with_commas() -> None:
    networks = read_settings({"FREEQUOTE_TRUSTED_PROXIES": "10.0.0.0/8, fd00::/8"}).trusted_proxies
    assert [str(network) for network in networks] == ["10.0.0.0/8", "fd00::/8"]


def test_an_ipv6_host_is_bracketed_in_the_address() -> None:
    assert read_settings({"FREEQUOTE_HOST": "::1"}).base_url == "http://[::1]:8000"


def test_the_public_address_loses_its_last_slash() -> None:
    assert read_settings({"FREEQUOTE_PUBLIC_URL": "https://quotes.clinic.example/"}).base_url == (
        "https://quotes.clinic.example"
    )


def test_a_flood_is_counted_over_an_hour_at_most() -> None:
    assert read_settings({"FREEQUOTE_FLOOD": "500/1h"}).flood.seconds == 3600
    with pytest.raises(Refusal, match="FREEQUOTE_FLOOD counts over an hour at most"):
        read_settings({"FREEQUOTE_FLOOD": "500/61m"})


@pytest.mark.parametrize(("deadline", "lease", "fits"), [("15", "45", True), ("15", "44", False), ("60", "60", False)])
def test_a_lease_that_an_attempt_could_outlast_is_refused(deadline: str, lease: str, *, fits: bool) -> None:
    environ = {"FREEQUOTE_DELIVERY_DEADLINE": deadline, "FREEQUOTE_DELIVERY_LEASE": lease}
    if fits:
        assert read_settings(environ).delivery_lease == 45
    else:
        with pytest.raises(Refusal, match="FREEQUOTE_DELIVERY_LEASE must be 30 s longer"):
            read_settings(environ)


def test_what_the_lease_has_to_spare_is_enough_to_record_an_attempt_at_the_last_try() -> None:
    assert GATHER_SECONDS + sum(PAUSES) < LEASE_MARGIN_SECONDS
