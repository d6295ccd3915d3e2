"""Names and ids that a hostile source, or an unlucky user, can give. Each is shown as it is, and breaks nothing."""

from __future__ import annotations

_WORDS = r"""
a__b _a a_ __ _ _a__b_ a$$b $$ID-0123-None $$STREAMLIT_INTERNAL_KEY_x $$GENERATED_WIDGET_ID_x run_training
/ // a/b ../../etc/passwd a/../../credentials ..\..\x C:\x . .. ... file:///etc/passwd nul.txt .hidden a. events
a?b=c ?studioToken=x a#b a&id=b %2e%2e %00 % a%2Fb a+b https://evil.example/x javascript:alert(1) www.evil.example
a@evil.example <script>alert(1)</script> "><b> ' &amp; <!-- **b** [a](https://evil.example) :smile: :material/home:
:red[x] $x$ \ --- {0} {job_id} %s %{x} constructor __proto__ toString hasOwnProperty null 0 -1
"""
_SPACES = (
    " ",
    "  a  ",
    "a b",
    "\t",
    "\n",
    "a\nb",
    "a\r\nSet-Cookie: x=1",
    "\x00",
    "a\x00b",
    "\x1b[31m",
    "\u00a0",
)
_MARKUP = ("<img src=x onerror=alert(1)>", "=cmd|' /C calc'!A0")
_UNICODE = (
    "a\ud800b",
    "\udfff",
    "\u202egnp.exe",
    "\u2066a\u2069",
    "\u200b",
    "\u2028",
    "\U0001f600",
    "\U0001f469\u200d\U0001f680",
    "e\u0301",
    "\u05d0\u05d1\u05d2",
    "\uff0f\uff0e\uff0e\uff0f",
    "\u0130\u017f",
    "Z\u0351\u036b\u0343" * 20,
)
_LONG = ("x" * 512, "_" * 513, "x" * 10_000, "\U0001f600" * 2_000)

NAMES = (*_WORDS.split(), *_SPACES, *_MARKUP, *_UNICODE, *_LONG)
