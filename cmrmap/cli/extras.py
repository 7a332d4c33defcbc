"""Which extra a missing package comes with, so that its absence is told in one line."""

from __future__ import annotations

from cmrmap.core.errors import InputError

#: what is imported, and the extra of pyproject.toml that installs it
EXTRAS = {
    "holoscan": "app",
    "monai": "app",  # of the SDK; training on cases says itself what it needs
    "pynetdicom": "send",
    "dicomweb_client": "send",
    "requests": "send",
    "h5py": "train",
    "dask": "evaluation",
    "distributed": "evaluation",
    "matplotlib": "evaluation",
    "pandas": "evaluation",
    "pingouin": "evaluation",
    "pyarrow": "evaluation",
    "sklearn": "evaluation",
    "statsmodels": "evaluation",
}


def missing_extra(error: ModuleNotFoundError) -> InputError | None:
    """Return what to say of a package that an extra installs.

    Parameters
    ----------
    error : of an import

    Returns
    -------
    told : one line that names the extra; None: the package belongs to no extra, so its absence is a fault
    """
    package = (error.name or "").partition(".")[0]
    extra = EXTRAS.get(package)
    if extra is None:
        return None
    return InputError(f'{package} is not installed; it comes with: pip install "cmrmap[{extra}]"')
