"""Settings of a server that manages the extensions of a private FreeSWITCH."""


def live_settings(freeswitch, use):
    """Storage and reloader, which is ``esl`` or ``fs_cli``; the domain is left to the test."""
    ini = {
        "sipapp.storage": "xmldir",
        "sipapp.storage.xmldir.directory": str(freeswitch.directory),
        "sipapp.reloaders": "live",
        "sipapp.reloader.live.use": use,
        "sipapp.reloader.live.port": str(freeswitch.esl_port),
        "sipapp.reloader.live.password_file": str(freeswitch.password_file),
    }
    if use == "fs_cli":
        ini["sipapp.reloader.live.command"] = str(freeswitch.fs_cli)
    return ini
