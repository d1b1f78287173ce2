"""The values of a new extension: those that are wanted, generated secrets, and defaults."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sipapp.model.defaults import default_extension
from sipapp.model.errors import ExtensionExists, FieldError
from sipapp.model.extension import Extension, check_domain, check_fields, check_id, fold_id
from sipapp.model.passwords import GENERATED


@dataclass(frozen=True)
class NewExtension:
    """An extension that is to be created: ``wanted`` values, and ``generated`` secrets."""

    extension: Extension
    wanted: Mapping[str, str] = field(repr=False)
    generated: Mapping[str, str] = field(repr=False)

    @classmethod
    def make(cls, extension_id: str, values: Mapping[str, str]) -> "NewExtension":
        """Complete the values: a secret that is missing or empty is generated."""
        wanted = {name: value for name, value in values.items() if value or name not in GENERATED}
        generated = {
            name: secret.generate() for name, secret in GENERATED.items() if not wanted.get(name)
        }
        new = replace(default_extension(extension_id), **wanted, **generated)  # type: ignore[arg-type]
        return cls(new, wanted, generated)

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the fields that are not at their defaults."""
        return ("id", *self.wanted, *self.generated)

    def errors(self, domains: Sequence[str]) -> Sequence[FieldError]:
        """What the rules of the fields say against it; ``domains`` are the storage's."""
        extension_id = self.extension.id
        error = check_id(extension_id) or check_domain(extension_id, domains)
        return [*([error] if error else ()), *check_fields(self.wanted)]


def taken_errors(new: Sequence[NewExtension], taken: set[str]) -> Iterator[Sequence[FieldError]]:
    """For each new extension, the error that its id is ``taken``, or stands before it."""
    seen = set(taken)
    for each in new:
        key = fold_id(each.extension.id)
        error = FieldError("id", str(ExtensionExists(each.extension.id)))
        yield [error] if key in seen else []
        seen.add(key)
