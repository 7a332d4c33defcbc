"""What pyproject.toml cannot say: the packages, with the repository's models mapped into them as cmrmap.models."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["cmrmap", "cmrmap.*"]), "cmrmap.models"],
    package_dir={"cmrmap.models": "models"},
    # all of it here: a table of package data in pyproject.toml would replace this one
    package_data={"cmrmap": ["py.typed"], "cmrmap.models": ["*/*"], "cmrmap.report": ["templates/*.jinja2"]},
)
