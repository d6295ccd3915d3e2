"""The dashboard: `streamlit run streamlit_app.py`."""

if __name__ == "__main__":  # so Streamlit runs it, for each viewer
    from arkor_dash import ui

    ui.shell().run()
else:  # so its server imports it, once
    import streamlit as st

    from arkor_dash.live import push

    app = st.App(__file__, routes=[push.route(st.get_option("server.baseUrlPath"))])
