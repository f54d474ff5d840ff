"""Foreign text made safe for a terminal and a log: an image's name may hold anything."""


def shown(value, limit=120):
    """Return `value` (any) as one printable line of at most `limit` characters.

    Control characters, line breaks, bidi marks and lone surrogates come out as
    backslash escapes, so that a name can neither move the cursor nor forge a log line.
    """
    text = value if isinstance(value, str) else str(value)
    if len(text) > limit:
        text = text[:limit - 3] + '...'
    return ''.join(c if c.isprintable() else c.encode('unicode_escape').decode('ascii') for c in text)
