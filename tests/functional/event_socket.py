"""A switch that is told by Event Socket, or by fs_cli, as the ini names it."""


def settings_of(use, switch, secret, command):
    """``secret`` is a file with its password, ``command`` the program of fs_cli."""
    prefix = "sipapp.reloader.pbx"
    found = {
        "sipapp.reloaders": "pbx",
        f"{prefix}.use": use,
        f"{prefix}.host": switch.host,
        f"{prefix}.port": str(switch.port),
        f"{prefix}.password_file": str(secret),
    }
    return found | ({f"{prefix}.command": str(command)} if use == "fs_cli" else {})
