"""Screen: how the demo speaks: headings, words, commands with what they say, and tables, in 80 to 100 columns."""

import os
import shutil
import sys
import textwrap

STYLES = {'title': '1', 'command': '1;36', 'words': '2', 'good': '32', 'bad': '1;31'}
NARROW, WIDE = 80, 100


def use_colours(stream, environment):
    """Return whether colours are welcome: on a terminal only, and where NO_COLOR (no-color.org) is not set."""
    return stream.isatty() and not environment.get('NO_COLOR') and environment.get('TERM') != 'dumb'


class Screen:
    """Prints to `stream`. shorten: {text: shorter text}, put in place wherever the text turns up."""

    def __init__(self, stream=sys.stdout, environment=os.environ):
        self._stream, self._colours, self.shorten = stream, use_colours(stream, environment), {}
        columns = shutil.get_terminal_size((WIDE, 24)).columns if stream.isatty() else WIDE
        self.width = min(max(columns, NARROW), WIDE)
        self._chapters = 0

    def paint(self, style, text):
        """Return text in one of STYLES, or as it is where colours are not welcome."""
        return '\033[{}m{}\033[0m'.format(STYLES[style], text) if self._colours else text

    def _print(self, text='', style=None, indent='', hanging=''):
        for long, short in self.shorten.items():
            text = text.replace(long, short)
        lines = [text] if len(indent + text) <= self.width else textwrap.wrap(
            text, self.width - len(indent), subsequent_indent=hanging, replace_whitespace=False, break_on_hyphens=False,
            break_long_words=False)
        for line in lines:
            self._stream.write((indent + (self.paint(style, line) if style and line else line)).rstrip() + '\n')
        self._stream.flush()

    def title(self, text):
        """A heading, numbered."""
        self._chapters += 1
        self._print()
        self._print('== {}. {} =='.format(self._chapters, text), 'title')

    def say(self, text='', style=None):
        """Words of the demo itself."""
        for line in text.split('\n'):
            self._print(line, style)

    def item(self, text):
        """One line of a list."""
        self._print('- ' + text, indent='  ', hanging='  ')

    def command(self, prompt, line, why):
        """Announce a command: one line of plain words, then the command as it would be typed."""
        self._print()
        self._print('# ' + why, 'words', hanging='# ')
        self._print('{} $ {}'.format(prompt, line), 'command', hanging='    ')

    def output(self, text):
        """What a command said."""
        for line in text.splitlines():
            self._print(line, hanging=' ' * (len(line) - len(line.lstrip()) + 4))

    def table(self, header, rows, right=()):
        """Columns as wide as they must be, one space apart; right: numbers of the columns set to the right."""
        rows = [[str(cell) for cell in row] for row in [header, *rows]]
        widths = [max(len(row[at]) for row in rows) for at in range(len(header))]
        for number, row in enumerate(rows):
            cells = [cell.rjust(widths[at]) if at in right else cell.ljust(widths[at]) for at, cell in enumerate(row)]
            self._print(' '.join(cells).rstrip(), None if number else 'title')
