"""The text of one file: what FreeSWITCH's emulated parser and an XML parser read from it."""
