"""An emulation of how FreeSWITCH 1.10.12 reads directory files: preprocessor, parser, look-up.

Written after its source and compared with the real one.  Works on bytes, as it does.
Nothing here is for writing: :mod:`sipapp_xmldir.write.editor` asks it whether a new text
would say what it should.
"""
