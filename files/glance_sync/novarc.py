"""novarc: the shell file that OpenStack operators keep their variables in, read without a shell."""

import re

from .errors import UsageError
from .text import shown

_ASSIGNMENT = re.compile(r'(?:export\s+|declare\s+-x\s+|typeset\s+-x\s+)?([A-Za-z_][A-Za-z0-9_]*)=')
_REFERENCE = re.compile(r'\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?::?-([^}]*))?\})')
_ESCAPED = '\\"$`'
KEPT = ('OS_', 'MYSQL_')


def parse(text, where):
    """Return {name: value} of the OS_* and MYSQL_* variables that a shell would hold after sourcing `text`.

    Understands export or not, several on a line, quotes, backslashes, comments, and $NAME, ${NAME} and ${NAME:-default}
    of variables that the file itself sets. A $NAME of no known variable stays as it stands: it is part of a password.
    where: the file's name for messages. Raises UsageError on an open quote, on a command substitution, and on a value
    that is nothing but an unknown variable (as in Horizon's openrc, which asks for the password).
    """
    values = {}
    for number, line in _lines(text):
        rest = line.strip()
        while rest:
            found = _ASSIGNMENT.match(rest)
            if not found:
                break
            name = found.group(1)
            words = _Word(rest[found.end():], values, '{}, line {}'.format(where, number), name)
            values[name] = words.read()
            rest = words.rest.lstrip().lstrip(';').lstrip()
    return {name: value for name, value in values.items() if name.startswith(KEPT)}


def _lines(text):
    """Yield (number, logical line): a backslash at the end, or an open quote, joins the next line."""
    text = text.replace('\r\n', '\n').lstrip('\ufeff')
    held, start = '', 0
    for number, line in enumerate(text.split('\n'), 1):
        start = start or number
        held += line
        if held.endswith('\\') and not held.endswith('\\\\') and not _open_quote(held):
            held = held[:-1]
        elif _ASSIGNMENT.match(held.strip()) and _open_quote(held):
            held += '\n'
        else:
            yield start, held
            held, start = '', 0
    if held:
        yield start, held.rstrip('\n')


def _open_quote(text):
    """Return whether a quote is open at the end of `text`."""
    quote, at = '', 0
    while at < len(text):
        character = text[at]
        if character == '\\' and quote != "'":
            at += 1
        elif quote:
            quote = '' if character == quote else quote
        elif character in '"\'':
            quote = character
        elif character == '#' and (at == 0 or text[at - 1] in ' \t;'):
            break
        at += 1
    return quote


class _Word:
    """Reads one shell word; `rest` is what follows it."""

    def __init__(self, text, values, where, name):
        self.rest = text
        self._values, self._where, self._name = values, where, name

    def read(self):
        out, text, at = [], self.rest, 0
        while at < len(text) and not text[at].isspace() and text[at] not in ';&|':
            piece, at = self._piece(text, at)
            out.append(piece)
        self.rest = text[at:]
        if self.rest.lstrip().startswith('#') and self.rest[:1].isspace():
            self.rest = ''
        return ''.join(out)

    def _piece(self, text, at):
        character = text[at]
        if character == "'":
            end = self._end(text, at, "'")
            return text[at + 1:end], end + 1
        if character == '"':
            return self._double(text, at + 1)
        if character == '\\':
            return text[at + 1:at + 2], at + 2
        if character in '$`':
            return self._expand(text, at)
        return character, at + 1

    def _end(self, text, at, quote):
        end = text.find(quote, at + 1)
        if end < 0:
            raise UsageError('{}: the quote of {} is not closed'.format(self._where, self._name), 'close it')
        return end

    def _double(self, text, at):
        out = []
        while at < len(text) and text[at] != '"':
            if text[at] == '\\' and text[at + 1:at + 2] in tuple(_ESCAPED):
                piece, at = text[at + 1], at + 2
            elif text[at] in '$`':
                piece, at = self._expand(text, at)
            else:
                piece, at = text[at], at + 1
            out.append(piece)
        if at >= len(text):
            raise UsageError('{}: the quote of {} is not closed'.format(self._where, self._name), 'close it')
        return ''.join(out), at + 1

    def _expand(self, text, at):
        if self._name.startswith(KEPT) and (text[at] == '`' or text.startswith('$(', at)):
            raise UsageError('{}: {} would run a command; it is read, never executed'.format(self._where, self._name),
                             'write the value itself, in single quotes')
        found = _REFERENCE.match(text, at)
        if not found:
            return text[at], at + 1
        name = found.group(1) or found.group(2)
        value = self._values.get(name) or found.group(3)
        if value is None and self._name.startswith(KEPT) and found.group(0) == text.strip().strip('"'):
            raise UsageError('{}: {} is ${}, which this file does not set'.format(self._where, self._name, shown(name)),
                             'write the value itself, in single quotes')
        return (found.group(0) if value is None else value), found.end()
