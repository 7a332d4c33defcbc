"""``python -m cmrmap`` is ``cmrmap``."""

from cmrmap.cli.main import main

if __name__ == "__main__":
    main()
