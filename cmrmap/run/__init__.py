"""One run: how it ended, its software, its output folder."""
