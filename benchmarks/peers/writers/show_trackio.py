"""Serve trackio's dashboard on the port that is given."""

import sys

import trackio

trackio.show(
    open_browser=False, share=False, host="127.0.0.1", server_port=int(sys.argv[1]), block_thread=True
)
