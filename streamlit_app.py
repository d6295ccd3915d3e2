"""The dashboard: `streamlit run streamlit_app.py`.

Streamlit uses this file in two ways. Its server imports it once, for `app`. Then it runs it as a script for each
viewer, where the page is drawn.
"""

if __name__ == "__main__":
    from arkor_dash import ui

    ui.shell().run()
else:
    import streamlit as st

    from arkor_dash.live import push
    from arkor_dash.live.lifespan import opened_in_background

    def _open() -> None:
        from arkor_dash.ui import resources  # noqa: PLC0415  # its import takes seconds: not in the server's way

        resources.shared_dashboard()

    def _close() -> None:
        from arkor_dash.ui import resources  # noqa: PLC0415

        resources.close_shared_dashboard()

    app = st.App(
        __file__,
        routes=[push.route(st.get_option("server.baseUrlPath"))],
        lifespan=opened_in_background(_open, _close),
    )
