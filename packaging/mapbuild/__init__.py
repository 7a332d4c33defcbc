"""Builds the application's container image: ``python -m mapbuild`` (see `make map`).

A clean root with what the runtime needs (`staging`), the SDK's packager over it (`sdk`), its context corrected
(`manifests`, `entrypoint`, `dockerfile`), described (`sbom`) and checked (`checks`), then an engine (`engine`).
"""
