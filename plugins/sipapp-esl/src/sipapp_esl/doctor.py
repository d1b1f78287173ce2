"""What is to be said of a login at Event Socket.  Line numbers are of FreeSWITCH 1.10.12."""

from collections.abc import Iterator
from typing import Final

from sipapp.api import Diagnosis, SwitchError, is_here
from sipapp.freeswitch.api import Transport
from sipapp_esl.client import Login

# Harmless, and nothing that sipapp needs: an account that may run it may run all.
_FOREIGN: Final = "strftime"
_SENDMSG: Final = (
    "It does not limit sendmsg, by which whoever has its password can run programs in a call, so "
    "keep that password as well as FreeSWITCH's own"
)


def diagnose(login: Login, transport: Transport, *, timeout: float) -> Iterator[Diagnosis]:
    """Where the password goes, and what it is good for."""
    yield _way(login)
    if not login.user:
        yield Diagnosis(
            "switch.account",
            "ok",
            "The login is Event Socket's own password, which may do anything, running programs "
            "too. “user” of this switch would take an account of the directory (userauth) instead.",
        )
        return
    try:
        reply = transport.command(_FOREIGN, timeout=timeout)
    except SwitchError:
        return  # that it does not answer is said elsewhere
    if reply.startswith("-ERR permission denied"):
        yield Diagnosis(
            "switch.account",
            "ok",
            f"The account {login.user} may run the API commands of esl-allowed-api only. "
            f"{_SENDMSG}.",
        )
    else:
        yield Diagnosis(
            "switch.account",
            "warning",
            f"The account {login.user} has no esl-allowed-api: it may run any API command, and "
            "programs by that.",
            'Give it <param name="esl-allowed-api" value="reloadxml,user_exists,user_data,'
            'global_getvar,version,show,sofia,xml_flush_cache,uuid_kill"/>. The doctor asks for '
            f"module_exists, xml_locate, strepoch and acl as well. {_SENDMSG}.",
        )


def _way(login: Login) -> Diagnosis:
    check = "switch.event-socket"
    if is_here(login.host):
        return Diagnosis(check, "ok", f"Event Socket is asked at {login.address}, on this machine.")
    return Diagnosis(
        check,
        "warning",
        f"Event Socket is asked at {login.address}: its password crosses the network readable.",
        "Lead it through a tunnel (WireGuard, ssh -L), or run sipapp beside FreeSWITCH.",
    )
