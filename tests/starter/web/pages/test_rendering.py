"""How pages show texts."""

import pytest

from starter.web.pages.rendering import with_links


def link(address: str) -> str:
    return f'<a href="{address}" rel="noreferrer">{address}</a>'


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("The hub is live", "The hub is live"),
        ("opened: https://github.com/o/r/1", f"opened: {link('https://github.com/o/r/1')}"),
        ("(see https://example.org/a).", f"(see {link('https://example.org/a')})."),
        ("https://a.example, https://b.example", f"{link('https://a.example')}, {link('https://b.example')}"),
        ("http://example.org is not encrypted", "http://example.org is not encrypted"),
        ("https:// and javascript:alert(1)", "https:// and javascript:alert(1)"),
        (
            "<b>https://example.org/?a=1&b=2</b>",
            f"&lt;b&gt;{link('https://example.org/?a=1&amp;b=2')}&lt;/b&gt;",
        ),
        ('https://example.org/"onclick=x', f"{link('https://example.org/')}&#34;onclick=x"),
        ("https://example.org/'onclick=x", link("https://example.org/&#39;onclick=x")),
    ],
)
def test_addresses_in_a_text_are_links_and_all_else_is_text(text: str, shown: str) -> None:
    assert with_links(text) == shown
