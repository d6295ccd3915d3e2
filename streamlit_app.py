"""The dashboard: `streamlit run streamlit_app.py`.

Streamlit uses this file in two ways. Its server imports the file once, for `app`. For each viewer it then runs the
file as a script, which draws the page.
"""

if __name__ == "__main__":
    from arkor_dash import ui

    ui.shell().run()
else:
    import streamlit as st

    from arkor_dash.live import push
    from arkor_dash.live.lifespan import opened_in_background

    def _open() -> None:
        from arkor_dash.ui import resources  # noqa: PLC0415  # takes seconds, which would delay the server

        resources.shared_dashboard()

    def _close() -> None:
        from arkor_dash.ui import resources  # noqa: PLC0415

        resources.close_shared_dashboard()

    app = st.App(
        __file__,
        routes=[push.route(st.get_option("server.baseUrlPath"))],
        lifespan=opened_in_background(_open, _close),
    )
