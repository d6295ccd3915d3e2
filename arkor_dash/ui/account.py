"""Who is at the page, and for whom it is read-only: why, and the way to sign in or out."""

from __future__ import annotations

import streamlit as st

from arkor_dash.access import rules
from arkor_dash.access.rules import Viewer, lacking
from arkor_dash.access.sign_in import CLAIMS, provider_label, signed_in_email

from . import session
from .resources import dashboard
from .text import markdown_text, paragraph, shortened


def refusal() -> str | None:
    """Why the viewer may not start or cancel a run, or None if it may. To be asked again where it is done."""
    return rules.refusal(dashboard().rule, _viewer())


def strip(refused: str | None) -> None:
    """Why the viewer may not start or cancel a run, if so; where operators may, also who it is, or how to sign in."""
    if refused:
        st.html(paragraph(refused, "arkor-note"))
    rule = dashboard().rule
    if rule.actions != "operators":
        return
    email = signed_in_email(_viewer().claims)
    if email is not None:
        with st.container(horizontal=True, vertical_alignment="center", key="account"):
            who = shortened(email, 80) or "someone without an e-mail address"
            st.html(paragraph(f"Signed in as {who}.", "arkor-note"))
            st.button("Sign out", type="tertiary", icon=":material/logout:", on_click=_sign_out)
    elif not lacking(rule):
        with st.container(horizontal=True, key="account"):
            for provider in rule.sign_in.providers:
                label = markdown_text(provider_label(provider))
                st.button(
                    label,
                    key=f"sign_in_{provider}",
                    icon=":material/login:",
                    on_click=_sign_in,
                    args=(provider,),
                )


def _sign_in(provider: str) -> None:
    session.leave()
    st.login(provider)


def _sign_out() -> None:
    session.leave()
    st.logout()


def _viewer() -> Viewer:
    """Who is at the other end of this session's connection; the claims are from a cookie that Streamlit signed."""
    user = st.user.to_dict()
    claims = {name: user[name] for name in CLAIMS if name in user}
    return Viewer(st.context.ip_address, st.context.headers, claims)
