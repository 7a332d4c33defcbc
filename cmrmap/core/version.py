"""The one place where the version is written; pyproject.toml and the tests read it here."""

VERSION = "0.1.0"
