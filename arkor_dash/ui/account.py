"""The viewer's permission to start and cancel runs, and the buttons to sign in and out."""

from __future__ import annotations

import streamlit as st

from arkor_dash.access import rules
from arkor_dash.access.sign_in import CLAIMS, provider_label, signed_in_email
from arkor_dash.protocol.fields import shortened

from . import session
from .keys import key_part
from .resources import dashboard
from .text import markdown_text, paragraph

EMAIL_LIMIT = 80


def refusal() -> str | None:
    """Why the viewer may not start or cancel a run; None if the viewer may. Check it again when a run is started."""
    return rules.refusal(dashboard().rule, _viewer())


def account_strip(refused: str | None) -> None:
    """Show why the viewer may not start or cancel a run and, with operators, the sign-in or sign-out buttons."""
    if refused:
        st.html(paragraph(refused, "arkor-note"))
    rule = dashboard().rule
    if rule.actions != "operators":
        return
    email = signed_in_email(_viewer().claims)
    if email is not None:
        with st.container(horizontal=True, vertical_alignment="center", key="account"):
            person = shortened(email, EMAIL_LIMIT) or "someone without an e-mail address"
            st.html(paragraph(f"Signed in as {person}.", "arkor-note"))
            st.button("Sign out", type="tertiary", icon=":material/logout:", on_click=_sign_out)
    elif not rules.missing_setup(rule):
        with st.container(horizontal=True, key="account"):
            for provider in rule.sign_in.providers:
                st.button(
                    markdown_text(provider_label(provider)),
                    key=f"sign_in_{key_part(provider)}",
                    icon=":material/login:",
                    on_click=_sign_in,
                    args=(provider,),
                )


def _sign_in(provider: str) -> None:
    session.note_redirect()
    st.login(provider)


def _sign_out() -> None:
    session.note_redirect()
    st.logout()


def _viewer() -> rules.Viewer:
    """The viewer's address, headers and claims. The claims are from a cookie that Streamlit signed."""
    user = st.user.to_dict()
    claims = {name: user[name] for name in CLAIMS if name in user}
    return rules.Viewer(st.context.ip_address, st.context.headers, claims)
