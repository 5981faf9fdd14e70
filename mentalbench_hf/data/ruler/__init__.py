"""Who rated what: blocks of rows that one person rated, and which blocks are of one style.

The storey stands in ``data`` because the tables carry what it finds; its maths knows arrays only
and imports nothing of the package but ``errors``.
"""
