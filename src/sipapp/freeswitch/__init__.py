"""FreeSWITCH's commands and replies, over any transport."""
