"""Foreign text made safe for a terminal and a log: an image's name may hold anything."""


def shown(value, limit=120):
    """Return `value` (any) as one printable line of at most `limit` characters.

    Control characters, line breaks, bidi marks and lone surrogates come out as
    backslash escapes, so that a name can neither move the cursor nor forge a log line.
    Lists and dicts are named, not shown: they may be as large and as deep as their sender likes.
    """
    text = value if isinstance(value, str) else _plain(value)
    text = ''.join(c if c.isprintable() else c.encode('unicode_escape').decode('ascii') for c in text[:limit + 1])
    return text if len(text) <= limit else text[:limit - 3] + '...'


def _plain(value):
    if isinstance(value, (dict, list, tuple)):
        return 'a ' + type(value).__name__
    try:
        return str(value)
    except ValueError:          # an int of thousands of digits, since Python 3.11
        return 'a huge ' + type(value).__name__
