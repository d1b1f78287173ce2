"""FreeSWITCH over Event Socket, for sipapp."""
