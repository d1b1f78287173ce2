"""Directory health: what FreeSWITCH drops, misreads or lets in, and what does not work.

One module looks at one thing; :mod:`.examiner` puts together what they find.
"""
