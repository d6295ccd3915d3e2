"""`python -m arkor_dash`: see `arkor_dash.sdk.commands`."""

import sys

from arkor_dash.sdk.commands import main

if __name__ == "__main__":
    sys.exit(main())
