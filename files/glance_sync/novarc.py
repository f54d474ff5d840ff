"""novarc: the shell file that OpenStack operators keep their variables in, read without a shell."""

import re

from .errors import UsageError
from .text import shown

KEPT = ('OS_', 'MYSQL_')
READ = frozenset((       # those that somebody here reads: what is wrong with any other is nobody's business
    'OS_AUTH_URL OS_AUTH_TYPE OS_CLOUD OS_REGION_NAME OS_INTERFACE OS_ENDPOINT_TYPE OS_CACERT OS_USERNAME OS_USER_ID OS_PASSWORD '
    'OS_USER_DOMAIN_NAME OS_USER_DOMAIN_ID OS_PROJECT_NAME OS_PROJECT_ID OS_TENANT_NAME OS_TENANT_ID OS_PROJECT_DOMAIN_NAME '
    'OS_PROJECT_DOMAIN_ID OS_DEFAULT_DOMAIN OS_DEFAULT_DOMAIN_NAME OS_DEFAULT_DOMAIN_ID OS_APPLICATION_CREDENTIAL_ID '
    'OS_APPLICATION_CREDENTIAL_NAME OS_APPLICATION_CREDENTIAL_SECRET MYSQL_HOST MYSQL_PORT MYSQL_USER MYSQL_PASSWORD '
    'MYSQL_DATABASE').split())
SECRET = ('PASSWORD', 'SECRET')
EXPORTS = ('export', 'declare', 'typeset', 'readonly')
OPENERS = {'if': 'fi', 'for': 'done', 'while': 'done', 'until': 'done', 'select': 'done', 'case': 'esac', '{': '}'}
PREFIXES = ('then', 'else', 'elif', 'do', '!', 'time', 'if', 'while', 'until', '{')     # a command follows them
QUOTE_IT = 'write the value itself, in single quotes'

_ASSIGNMENT = re.compile(r'(["\']?)([A-Za-z_][A-Za-z0-9_]*)(\+?)=')
_REFERENCE = re.compile(r'\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?)-(.*))?\})\Z', re.DOTALL)
_NAME = re.compile(r'\$[A-Za-z_][A-Za-z0-9_]*')
_OPERATOR = re.compile(r'&&|\|\||;;|[;&|()\n]')
_REDIRECT = re.compile(r'(<<<|<<-?|>>|[<>]&|>\||<>|[<>])[ \t]*')
_SKIPPED = re.compile(r'(?:[ \t]|\\\n|#[^\n]*)+')
_ANSI = {'n': '\n', 't': '\t', 'r': '\r', 'e': '\x1b', 'a': '\a', 'b': '\b'}


def parse(text, where, home=None):
    """Return {name: value} of the OS_* and MYSQL_* variables that a shell would hold after sourcing `text`.

    Understands export or not, several on a line, every kind of quote, backslashes, comments, unset, and $NAME, ${NAME} and
    ${NAME:-default} of variables that the file itself sets. Commands, functions and here-documents are passed over.
    A $NAME that is not known stays as it stands in the middle of a password: nobody means a variable there.
    where: the file's name for messages; home: what $HOME and ~ stand for.
    Raises UsageError, which never quotes a value, on what only a shell could know: an open quote, the output of a command,
    an unknown variable (as in Horizon's openrc, which asks for the password), a variable set in an `if` or a function only.
    """
    text = text.replace('\r\n', '\n').lstrip('\ufeff')
    values = {} if home is None else {'HOME': home}
    shell = _Shell(values, where)
    try:
        for command in _commands(text):
            shell.run(*command)
    except _Open as found:
        assignment = _ASSIGNMENT.match(text, found.start)
        raise UsageError('{}, line {}: a quote or bracket{} is not closed'.format(
            where, text.count('\n', 0, found.start) + 1, assignment and ' of ' + assignment.group(2) or ''), 'close it')
    except RecursionError:
        raise UsageError('{} is no file of variables'.format(where), 'see "Credentials" in README.md')
    shell.end()
    return {name: value for name, value in values.items() if name.startswith(KEPT) and value is not None}


# from text to commands

class _Open(Exception):
    """A quote or bracket that nothing closes; start: where its word begins."""

    def __init__(self, start):
        super().__init__()
        self.start = start


def _end(text, at, quoted=False):
    """Return where the piece of a word that begins at `at` ends: a quoted part, an expansion or one character."""
    two = text[at:at + 2]
    if two in ('$(', '${'):
        return _until(text, at + 2, ')' if two == '$(' else '}')
    if text[at] == '\\':
        return at + 2
    if text[at] == '`' or (text[at] == '"' and not quoted):
        return _until(text, at + 1, text[at], True)
    if two == "$'" and not quoted:
        return re.compile(r"(?:[^\\']|\\.)*", re.DOTALL).match(text, at + 2).end() + 1
    if text[at] == "'" and not quoted:
        end = text.find("'", at + 1)
        return (len(text) if end < 0 else end) + 1
    return at + 1


def _until(text, at, closing, quoted=False):
    """Return where the text after the first `closing` at or after `at` begins; past the end when there is none."""
    while at < len(text) and text[at] != closing:
        at = _until(text, at + 1, ')') if text[at] == '(' and closing == ')' else _end(text, at, quoted)
    return at + 1


def _word_end(text, at):
    start = at
    while at < len(text) and text[at] not in ' \t\n;&|()<>':
        at = _end(text, at)
    if at > len(text) and not text.endswith('\\'):
        raise _Open(start)
    return min(at, len(text))


def _commands(text):
    """Yield (line number, words as they stand, the operator that ends them) of each simple command in `text`."""
    at, words, start, awaited = 0, [], 0, []
    while at < len(text):
        skipped, redirect, operator = (one.match(text, at) for one in (_SKIPPED, _REDIRECT, _OPERATOR))
        start = start if words else at
        if skipped:
            at = skipped.end()
        elif redirect:
            begin, at = redirect.end(), _word_end(text, redirect.end())
            words.append('<>')
            if redirect.group(1) in ('<<', '<<-'):
                awaited.append(re.sub(r'["\'\\]', '', text[begin:at]))
        elif operator:
            at = operator.end()
            yield text.count('\n', 0, start) + 1, words, operator.group()
            words = []
            while operator.group() == '\n' and awaited:
                at = _after(text, at, awaited.pop(0))
        else:
            begin, at = at, _word_end(text, at)
            words.append(text[begin:at])
    yield text.count('\n', 0, start) + 1, words, '\n'


def _after(text, at, delimiter):
    """Return where the text after the here-document that begins at `at` begins."""
    found = re.compile(r'^\t*{}$\n?'.format(re.escape(delimiter)), re.MULTILINE).search(text, at)
    return found.end() if found else len(text)


# from commands to values

class _Shell:
    """What a shell would know after each command. values: {name: text}, None where only a shell knows the text."""

    def __init__(self, values, where):
        self._values, self._file = values, where
        self._awaited = []              # words that close the blocks which are open
        self._doubtful = False          # after && or ||
        self._skipped = {}              # {name: line} of what is set in blocks

    def run(self, line, words, operator):
        """Take the words of one simple command."""
        self._line = line
        set_here = self._command(self._unwrap(list(words)), operator)
        if operator == '(':
            self._awaited.append(')')
        elif operator == ')':
            self._close(')')
        self._doubtful = operator in ('||', '|') or (operator == '&&' and (self._doubtful or not set_here))

    def end(self):
        """Raise UsageError when something is set in a block only."""
        for name in sorted(set(self._skipped) - set(self._values)):
            raise UsageError('{}, line {}: {} is set only under a condition or in a function, which is never executed here'.format(
                self._file, self._skipped[name], name), 'set it on a line of its own')

    def _fail(self, problem, remedy=QUOTE_IT):
        raise UsageError('{}, line {}: {}'.format(self._file, self._line, problem), remedy)

    def _unwrap(self, words):
        """Follow the words that open and close blocks; return the command behind them."""
        while words:
            if words[0] in OPENERS:
                self._awaited.append(OPENERS[words[0]])
            elif words[0] == 'function' and words[-1] == '{':
                self._awaited.append('}')
            else:
                self._close(words[0])
            if words[0] not in PREFIXES:
                break
            words.pop(0)
        return words

    def _close(self, word):
        if self._awaited and self._awaited[-1] == word:
            self._awaited.pop()

    def _command(self, words, operator):
        """Carry out an assignment, export or unset; return whether it was one."""
        certain = not self._awaited and not self._doubtful
        if words[:1] == ['unset'] and certain:
            for name in words[1:]:
                self._values.pop(name, None)
        exports = words[:1] and words[0] in EXPORTS
        found = [self._assignment(word) for word in (words[1:] if exports else words)]
        pairs = [one for one in found if one]
        read = [name for name, added, raw in pairs if name in READ]
        plain = bool(pairs) and (bool(exports) or len(pairs) == len(found))
        alone = plain and '<>' not in words and operator not in ('&', '|', '(')
        if alone and certain:
            self._assign(pairs, exports)
        elif plain and not certain:
            self._skipped.update((name, self._line) for name in read)
        elif certain and read and (exports or found[0]):
            self._fail('more follows the value of {}'.format(read[-1]))
        return plain

    def _assign(self, pairs, exports):
        before = dict(self._values) if exports else self._values        # export expands all before it sets any
        for name, added, raw in pairs:
            value = _Value(before, name, self._fail).read(raw)
            if value is not None and '\n' in value and name in READ:
                self._fail('{} has a line break'.format(name), 'see whether a quote is missing')
            if added and value is not None:
                value = (self._values.get(name) or '') + value
            self._values[name] = value

    @staticmethod
    def _assignment(word):
        """Return (name, whether it is added to, the value as it stands) of NAME=value, None when the word is none."""
        found = _ASSIGNMENT.match(word)
        return found and (found.group(2), bool(found.group(3)), found.group(1) + word[found.end():])


class _Value:
    """Reads the value of one variable as a shell would. fail(problem): raises UsageError."""

    def __init__(self, values, name, fail):
        self._values, self._name, self._fail = values, name, fail
        self._is_read = name in READ
        self._secret = name.endswith(SECRET)

    def read(self, raw):
        """Return the text of `raw`, None when only a shell knows it."""
        home = self._values.get('HOME')
        if home and re.match(r'~(?:/|\Z)', raw):
            raw = '"$HOME"' + raw[1:]
        return self._pieces(raw, whole=raw.strip('"'))

    def _pieces(self, raw, quoted=False, whole=None):
        out, at = [], 0
        while at < len(raw):
            end = _end(raw, at, quoted)
            if _NAME.match(raw, at):
                end = _NAME.match(raw, at).end()
            out.append(self._piece(raw[at:end], quoted, whole))
            at = end
        return None if None in out else ''.join(out)

    def _piece(self, piece, quoted, whole):
        if piece.startswith('\\'):
            if quoted and piece[1:] not in tuple('\\"$`\n'):
                return piece
            return piece[1:].replace('\n', '')
        if piece.startswith("$'") and not quoted:
            return re.sub(r'\\(.)', lambda found: self._ansi(found.group(1)), piece[2:-1], flags=re.DOTALL)
        if piece[:1] == "'" and not quoted:
            return piece[1:-1]
        if piece[:1] == '"' and not quoted:
            return self._pieces(piece[1:-1], quoted=True, whole=whole)
        if piece.startswith(('`', '$(')):
            return self._unknown('would run a command, and it is never executed here')
        return self._reference(piece, whole) if piece[:1] == '$' and piece != '$' else piece

    def _ansi(self, character):
        if character.isalnum() and character not in _ANSI:
            self._unknown("has an escape in $'...' that is not understood")
        return _ANSI.get(character, character)

    def _reference(self, piece, whole):
        found = _REFERENCE.match(piece)
        if not found:
            return self._unknown('has a ${...} that only a shell understands')
        name = found.group(1) or found.group(2)
        value = self._values.get(name)
        if name in self._values and value is None:
            return self._unknown('is made of a variable that a command fills, and none is executed here')
        if found.group(4) is not None and (value is None or not value and found.group(3)):
            return self._pieces(found.group(4))
        if value is not None:
            return value
        if self._secret and self._is_read and piece != whole and found.group(1):
            return piece
        name = '' if self._secret else ' $' + shown(name, 60)       # the name may be a password
        return self._unknown('is made of a variable{} that this file does not set'.format(name))

    def _unknown(self, problem):
        if self._is_read:
            self._fail('{} {}'.format(self._name, problem))
        return None
