from pathlib import Path

from setuptools import find_packages, setup

setup(
    name="sipapp-jsonfile",
    version="0.1.0",
    description="Extensions of sipapp in one JSON file, written by somebody else",
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    package_dir={"": "src"},
    packages=find_packages("src"),
    package_data={"sipapp_jsonfile": ["py.typed"]},
    python_requires=">=3.11",
    install_requires=["sipapp>=0.1,<1"],
    extras_require={"testing": ["sipapp[testing]>=0.1,<1"]},
    entry_points={"sipapp": ["jsonfile = sipapp_jsonfile.plugin"]},
)
