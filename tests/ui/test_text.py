"""Text on its way into Streamlit's Markdown and HTML."""

from __future__ import annotations

from arkor_dash.ui.text import markdown_text, paragraph, shortened


def test_markup_is_shown_as_text_in_html():
    assert paragraph("<script>alert(1)</script>", "note") == (
        '<p class="note">&lt;script&gt;alert(1)&lt;/script&gt;</p>'
    )


def test_an_ordinary_name_reads_as_it_is():
    assert markdown_text("char lm 1").replace("\\", "") == "char lm 1"


def test_every_punctuation_sign_of_markdown_is_disarmed():
    assert markdown_text("*a* [b](c) `d` <e> $f$ #g") == (r"\*a\* \[b\]\(c\) \`d\` \<e\> \$f\$ \#g")


def test_emoji_icons_and_addresses_are_kept_apart():
    for text, trigger in [
        (":smile:", ":smile"),
        ("https://a.b", "://"),
        ("www.a.b", "www."),
        ("a@b.c", "@b"),
    ]:
        assert trigger not in markdown_text(text).replace("\\", "")


def test_line_breaks_become_spaces_in_a_label():
    assert markdown_text("a\n\n# b") == r"a \# b"


def test_a_long_text_ends_in_an_ellipsis():
    assert shortened("abcdef", 3) == "abc…"
    assert shortened("abc", 3) == "abc"
