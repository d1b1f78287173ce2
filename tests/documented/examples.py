"""The examples of the documents for authors of plugins, as modules."""

import re
from pathlib import Path
from types import ModuleType

DOCS = Path(__file__).parents[2] / "docs"


def sections():
    """The sections of docs/hooks.md, by the name of the hook."""
    text = (DOCS / "hooks.md").read_text(encoding="utf-8")
    parts = re.split(r"^## (\w+)\n", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def example_source(hook):
    """The source of the example of a hook."""
    (source,) = re.findall(r"```python\n# example\n(.*?)```", sections()[hook], re.DOTALL)
    return source


def load_example(hook):
    """The plugin that the example of a hook is: a module, or its object ``plugin``."""
    module = ModuleType("example")
    code = compile(example_source(hook), str(DOCS / "hooks.md"), "exec")
    exec(code, module.__dict__)  # noqa: S102
    return vars(module).get("plugin", module)
