"""The dashboard: `streamlit run streamlit_app.py`.

Streamlit uses this file in two ways. Its server imports the file once, for `app`. For each viewer it then runs the
file as a script, which draws the page.
"""

if __name__ == "__main__":
    from arkor_dash import ui

    ui.navigation().run()
else:
    from pathlib import Path

    import streamlit as st
    from starlette.middleware import Middleware
    from streamlit import net_util
    from streamlit.watcher.polling_path_watcher import PollingPathWatcher

    from arkor_dash.access.hosts import HostNames
    from arkor_dash.live import file_stream
    from arkor_dash.live.lifespan import opened_in_background
    from arkor_dash.live.server import wake
    from arkor_dash.live.server.capacity import Capacity
    from arkor_dash.live.server.ended_runs import keep_what_ended_runs_sent
    from arkor_dash.live.server.guard import Guard
    from arkor_dash.live.server.kept_files import KeptFiles
    from arkor_dash.live.server.left_pages import LeftPages
    from arkor_dash.live.server.no_delay import send_small_messages_at_once
    from arkor_dash.live.server.open_answers import end_open_answers_soon
    from arkor_dash.live.server.page_head import PageHead
    from arkor_dash.live.server.preload import Preload
    from arkor_dash.live.server.read_ahead import ReadAhead
    from arkor_dash.live.server.repeats import write_repeats_once_a_minute
    from arkor_dash.live.server.waiting_updates import keep_waiting_updates_whole
    from arkor_dash.protocol.file_limit import raise_file_limit
    from arkor_dash.settings.environment import keep_environment
    from arkor_dash.sources.http.connections import abort_all_requests

    def _open() -> None:
        from arkor_dash.ui import resources  # noqa: PLC0415  # takes seconds, which would delay the server

        resources.shared_dashboard()

    def _close() -> None:
        from arkor_dash.ui import resources  # noqa: PLC0415

        try:
            resources.close_shared_dashboard()
        finally:
            abort_all_requests()
            # Each check of a watched file that still waits would take 0.2 s. There are hundreds for each open page.
            PollingPathWatcher._executor.shutdown(wait=False, cancel_futures=True)

    def _show_error(error: Exception) -> bool:
        from arkor_dash.ui.unexpected_error import show_unexpected_error  # noqa: PLC0415

        return show_unexpected_error(error)

    # Whenever a page of another origin connects, Streamlit would ask a server on the Internet for this machine's
    # address, and serve nobody until that answers, or for two seconds.
    net_util.get_external_ip = lambda: None

    keep_environment()
    raise_file_limit()
    write_repeats_once_a_minute()
    keep_waiting_updates_whole()
    keep_what_ended_runs_sent()
    send_small_messages_at_once()
    end_open_answers_soon()
    base_path = st.get_option("server.baseUrlPath")
    hosts = HostNames(st.get_option("server.allowedHosts"), __file__)
    static = Path(__file__).with_name("static")
    of_streamlit = Path(st.__file__).parent / "static" / "static"
    kept_folders = {"app/static": static, **{f"static/{kind}": of_streamlit / kind for kind in ("js", "css")}}
    app = st.App(
        __file__,
        routes=[
            wake.route(base_path, st.get_option("server.corsAllowedOrigins")),
            file_stream.route(base_path),
        ],
        middleware=[
            Middleware(Guard, hosts=hosts, capacity=Capacity(), base_path=base_path),
            Middleware(PageHead, title="arkor-dash"),
            Middleware(KeptFiles, folders=kept_folders, base_path=base_path),
            Middleware(
                Preload,
                scripts=[f"app/static/{script.name}" for script in static.glob("*.js")],
                pages=("", "job", "compare"),
                base_path=base_path,
            ),
            Middleware(ReadAhead, base_path=base_path),
            Middleware(LeftPages, base_path=base_path),
        ],
        lifespan=opened_in_background(_open, _close),
        on_script_error=_show_error,
    )
