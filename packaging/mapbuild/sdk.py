"""The SDK's own packager, up to the build: manifests, entrypoint script, Dockerfile and folders, with no engine.

``monai-deploy package`` renders a context and builds it with docker in one go. This is its first half, in its own
classes; the release manifest that it would download is `packaging/artifacts.json`.
"""

from __future__ import annotations

import tempfile
import warnings
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from mapbuild.errors import PackagingError

#: the packager whose output `dockerfile` and `entrypoint` know how to correct
_KNOWN_PACKAGER = "4.2.0"


@dataclass(frozen=True, slots=True)
class SdkContext:
    """What the packager rendered into the context's folder, and said of the application."""

    folder: Path
    app_manifest: dict[str, Any]
    package_manifest: dict[str, Any]
    dockerfile: str
    tools: str


def render(
    root: Path, context: Path, *, models: Path, documents: Path, artifacts: Path, tag: str, timeout_s: int
) -> SdkContext:
    """Run the packager over a staged root.

    Parameters
    ----------
    root : with ``__main__.py``, ``requirements.txt`` and ``app.yaml``
    context : folder of the build context; made
    models, documents : folders that are copied into the context
    artifacts : release manifest of the packager
    tag : name and version of the image
    timeout_s : seconds after which a host ends a run; 0 is never

    Raises
    ------
    PackagingError
        another version of the packager is installed, or it refused the application
    """
    version = metadata.version("holoscan-cli")
    if version != _KNOWN_PACKAGER:
        raise PackagingError(f"packager holoscan-cli is {version}, expected {_KNOWN_PACKAGER}; run make env")
    from holoscan_cli.__main__ import parse_args
    from holoscan_cli.packager.arguments import PackagingArguments
    from holoscan_cli.packager.container_builder import PythonAppBuilder

    context.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it looks into folders and leaves them open
        try:
            arguments = parse_args(
                [
                    *("monai-deploy", "package", str(root), "--config", str(root / "app.yaml"), "--tag", tag),
                    *("--models", str(models), "--docs", str(documents), "--source", str(artifacts)),
                    *("--platform", "x86_64", "--sdk", "monai-deploy", "--timeout", str(timeout_s)),
                    *("--build-cache", scratch),  # by default it makes a folder in the user's home
                ]
            )
            packaging = PackagingArguments(arguments, str(context))
            builder = PythonAppBuilder(packaging.build_parameters, str(context))
            platform = packaging.platforms[0]
            builder._copy_supporting_files(platform)
            dockerfile = Path(builder._write_dockerfile(platform))
        except Exception as error:
            raise PackagingError(f"the SDK's packager failed: {type(error).__name__}: {error}") from error
    return SdkContext(
        folder=context,
        app_manifest=packaging.application_manifest.data,
        package_manifest=packaging.package_manifest.data,
        dockerfile=dockerfile.read_text(encoding="utf-8"),
        tools=(context / "tools").read_text(encoding="utf-8"),
    )
