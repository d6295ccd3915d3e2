"""Text that is put into Streamlit's Markdown and HTML."""

from __future__ import annotations

from arkor_dash.ui.text import markdown_text, paragraph


def test_markup_in_a_paragraph_is_shown_as_text():
    assert paragraph("<script>alert(1)</script>", "note") == (
        '<p class="note">&lt;script&gt;alert(1)&lt;/script&gt;</p>'
    )


def test_an_ordinary_name_is_unchanged():
    assert markdown_text("char lm 1").replace("\\", "") == "char lm 1"


def test_every_punctuation_mark_of_markdown_is_escaped():
    assert markdown_text("*a* [b](c) `d` <e> $f$ #g") == (r"\*a\* \[b\]\(c\) \`d\` \<e\> \$f\$ \#g")


def test_emoji_codes_and_addresses_are_not_recognised():
    for text, trigger in [
        (":smile:", ":smile"),
        ("https://a.b", "://"),
        ("www.a.b", "www."),
        ("a@b.c", "@b"),
    ]:
        assert trigger not in markdown_text(text).replace("\\", "")


def test_line_breaks_become_spaces_in_a_label():
    assert markdown_text("a\n\n# b") == r"a \# b"
