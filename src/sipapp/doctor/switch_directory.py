"""Whether FreeSWITCH reads the directory that sipapp writes: by its paths and its answers."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from sipapp.doctor.questions import NotTold, Questions
from sipapp.doctor.target import DiagnosisTarget
from sipapp.freeswitch.conf_dir import has_file, is_part_of
from sipapp.model.apply import UNKNOWN
from sipapp.model.diagnosis import Diagnosis, fault, ok
from sipapp.model.extension import Extension, check_id, join_id, split_id
from sipapp.switches.verification import changed_values, labels

MAX_EXTENSIONS_ASKED: Final = 5
"""A switch is asked for this many extensions of a domain at most."""

LOOKED_AT: Final = 1000
"""Extensions that the sample is taken of."""

_NOT_READ: Final = (
    "Compare the storage's directory with conf_dir of FreeSWITCH, and see that "
    'directory/default.xml there includes it: <X-PRE-PROCESS cmd="include" '
    'data="default/*.xml"/>. After a change by hand: fs_cli -x reloadxml.'
)


def examine(target: DiagnosisTarget, questions: Questions) -> Iterator[Diagnosis]:
    """Compare paths, then ask for some extensions and compare that with what is stored."""
    conf = questions.variable("conf_dir") or "unknown"
    domain = target.settings.domain or questions.variable("domain")
    sample = list(_sample(islice(target.storage.iterate(), LOOKED_AT)))
    if not sample or domain is None:
        what = "no extension" if domain else "no domain"
        yield from _paths(target, questions, conf, proven=False)
        found = f"There is {what} to ask for. FreeSWITCH's conf_dir is {conf}."
        yield ok("directory.read", found)
        return
    differ = {each.id: _differences(questions, each, domain) for each in sample}
    proven = any(not differ[each.id] and not _has_twin(each, conf) for each in sample)
    yield from _paths(target, questions, conf, proven=proven)
    yield _compared(differ, domain, conf)


def _compared(differ: dict[str, tuple[str, ...]], domain: str, conf: str) -> Diagnosis:
    check = "directory.read"
    unknown = [each for each, names in differ.items() if UNKNOWN in names]
    other = [each for each, names in differ.items() if names and UNKNOWN not in names]
    if unknown:
        return fault(
            check,
            f"FreeSWITCH (conf_dir {conf}) does not know {_named(unknown, domain)}: it does "
            "not read what sipapp writes, or not all of it.",
            _NOT_READ,
        )
    if other:
        names = labels({name for each in other for name in differ[each]})
        return fault(
            check,
            f"FreeSWITCH (conf_dir {conf}) has not what is stored as {names} of "
            f"{', '.join(other)}: it reads another directory, or an older state.",
            _NOT_READ,
        )
    found = f"FreeSWITCH (conf_dir {conf}) knows {_named(differ, domain)}, as stored."
    return ok(check, found)


def _named(ids: Iterable[str], domain: str) -> str:
    """The extensions with their domain: ``1000, 1001 in a.test``, or each with its own."""
    users = [split_id(each) for each in ids]
    if not any(own for _, own in users):
        return f"{', '.join(user for user, _ in users)} in {domain}"
    return ", ".join(join_id(user, own or domain) for user, own in users)


def _paths(
    target: DiagnosisTarget, questions: Questions, conf: str, *, proven: bool
) -> Iterator[Diagnosis]:
    """Compare FreeSWITCH's directory with the storage's, if both are on this machine."""
    check = "directory.path"
    written = target.storage.switch_directory
    if written is None or not questions.is_local:
        return
    inside = is_part_of(written, conf)
    if inside:
        yield ok(check, f"sipapp writes {written}, a part of FreeSWITCH's configuration.")
    elif inside is None:
        found = f"sipapp writes {written}; FreeSWITCH's conf_dir {conf} is not to be seen here."
        yield ok(check, found)
    elif proven:
        found = f"sipapp writes {written}, and FreeSWITCH has extensions that only that has."
        yield ok(check, found)
    else:
        yield fault(
            check,
            f"sipapp writes {written}, and FreeSWITCH reads its configuration from {conf}, where "
            "that is not in: no change will arrive.",
            "Set the storage's directory in the ini to the one that FreeSWITCH reads (such as "
            f"{conf}/directory/default), or include this one there.",
        )


def _has_twin(extension: Extension, conf: str) -> bool:
    """Whether FreeSWITCH's own directory has a file of that name, so that it proves nothing."""
    return has_file(conf, Path(extension.source).name)


def _sample(extensions: Iterable[Extension]) -> Iterator[Extension]:
    """Some extensions that FreeSWITCH should know, spread over those of each domain."""
    asked: dict[str, list[Extension]] = {}
    for each in extensions:
        if each.enabled and not each.read_only and not check_id(each.id):
            asked.setdefault(each.domain, []).append(each)
    for of_domain in asked.values():
        step = max(1, -(-len(of_domain) // MAX_EXTENSIONS_ASKED))
        yield from sorted(of_domain, key=lambda each: each.id)[::step]


def _differences(questions: Questions, extension: Extension, domain: str) -> tuple[str, ...]:
    name = extension.id
    values = {name: changed_values(None, extension)}
    timeout = questions.timeout
    differ = questions.freeswitch.differences([name], domain, values, timeout=timeout).get(name)
    if differ is None:
        raise NotTold("It may not be asked for users.")
    return tuple(differ)
