"""How runs are started, watched and ended."""
