"""Sending to an archive: C-STORE and STOW-RS."""
