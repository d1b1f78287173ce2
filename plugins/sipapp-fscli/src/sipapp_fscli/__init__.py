"""FreeSWITCH through fs_cli, for sipapp."""
