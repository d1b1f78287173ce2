"""FreeSWITCH's static XML directory as a storage of extensions.

Facts about FreeSWITCH are of 1.10.12; ``switch_xml.c`` is its reader of XML.
"""
