"""What FreeSWITCH 1.10.12 reads from directory files, and what it drops without a word.

Written after its source and compared with the real one.  Works on bytes, as it does.
Nothing here is for writing: :mod:`sipapp_xmldir.write.editor` asks it whether a new text
would say what it should.
"""
