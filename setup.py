from pathlib import Path

from setuptools import find_packages, setup

setup(
    name="sipapp",
    version="0.1.0",
    description="A SIP softphone in the browser and a web manager of FreeSWITCH extensions",
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    package_dir={"": "src"},
    packages=find_packages("src", include=["sipapp", "sipapp.*"]),
    package_data={
        "sipapp": [
            "py.typed",
            "web/openapi/*.yaml",
            "web/templates/*.pt",
            "static/.vite/manifest.json",
            "static/**/*",
        ]
    },
    python_requires=">=3.11",
    install_requires=[
        # The web framework and its server, as a Paste application for pserve.
        "pyramid>=2.1,<3",
        "plaster_pastedeploy>=1,<2",
        "waitress>=3.0.2,<4",
        # Templates. Both need pkg_resources at run time, which setuptools 82 dropped, and of
        # which 80.9 warns at each start. Before 78.1.1 there are known vulnerabilities.
        "pyramid_chameleon>=0.3,<1",
        "Chameleon>=4.6,<5",
        "setuptools>=78.1.1,<80.9",
        # Hooks.
        "pluggy>=1.6,<2",
        # The API is checked against its own OpenAPI document, whose schemas are JSON Schema.
        "jsonschema>=4.23,<5",
        "PyYAML>=6.0.1,<7",
        # Passwords of the file of users: argon2id.
        "argon2-cffi>=25,<26",
        # One JSON object per log line, in production.ini.
        "python-json-logger>=4,<5",
    ],
    extras_require={
        "testing": ["pytest>=8,<10", "WebTest>=3.0.7,<4", "hypothesis>=6,<7"],
    },
    entry_points={
        "paste.app_factory": ["main = sipapp:main"],
        "console_scripts": ["sipapp = sipapp.cli.main:main"],
    },
)
