"""Names of languages."""

import pytest

from app.languages.names import language_name


@pytest.mark.parametrize(
    ("tag", "name"),
    [("es", "Spanish"), ("pt-BR", "Portuguese (Brazil)"), ("zh-Hant", "Chinese (Traditional)"), ("he", "Hebrew")],
)
def test_a_tag_has_a_name(tag: str, name: str) -> None:
    assert language_name(tag) == name


@pytest.mark.parametrize("tag", ["xx", "x", "", "tlh-Latn-AQ-x-far", "<script>", "../../etc"])
def test_a_tag_that_nobody_named_stays_as_it_is(tag: str) -> None:
    assert language_name(tag) == tag
