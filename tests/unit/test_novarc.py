"""novarc: what a shell would hold after sourcing it. The judge is a real bash."""

import os
import shlex
import subprocess

import pytest
from hypothesis import example, given, settings, strategies as st
from unit.given import is_one_line

from glance_sync import novarc
from glance_sync.errors import UsageError

HOME = '/home/ubuntu'


def bash(folder, text):
    """Return the OS_* and MYSQL_* variables that a real bash has after sourcing `text`."""
    path = os.path.join(str(folder), 'novarc')
    with open(path, 'w', encoding='utf-8', newline='') as out:
        out.write(text)
    done = subprocess.run(['bash', '--norc', '-c', 'set -a; . "$0" >/dev/null 2>&1 </dev/null; env -0', path],
                          env={'HOME': HOME, 'PATH': os.environ['PATH'], 'LC_ALL': 'C.UTF-8'}, capture_output=True, check=True)
    pairs = (pair.partition('=') for pair in done.stdout.decode('utf-8').split('\0'))
    return {name: value for name, _, value in pairs if name.startswith(novarc.KEPT)}


PASSWORD = 'OS_PASSWORD'
AS_BASH = [
    # plain and exported, several on a line
    'OS_USERNAME=admin', 'export OS_USERNAME=admin', '  export   OS_USERNAME=admin  ', 'declare -x OS_USERNAME=admin',
    'typeset -x OS_USERNAME=admin', 'readonly OS_USERNAME=admin', 'export OS_USERNAME=a; export OS_PASSWORD=b',
    'export OS_USERNAME=a;export OS_PASSWORD=b', 'OS_USERNAME=a OS_PASSWORD=b', 'export OS_USERNAME=a OS_PASSWORD=b # both',
    'export OS_USERNAME=a && export OS_PASSWORD=b', 'OS_USERNAME=a\nexport OS_USERNAME', 'export "OS_USERNAME=a b"',
    "export 'OS_USERNAME=a $b'", 'OS_USERNAME=a\nOS_USERNAME+=b', 'OS_USERNAME=first\nOS_USERNAME=last',
    # nothing, and nothing of ours
    '', '\n\n', '# only a comment', 'echo hello', 'OS_USERNAME=', 'OS_USERNAME=""', "OS_USERNAME=''", 'PATH=/bin',
    # quotes
    "OS_PASSWORD='a b'", 'OS_PASSWORD="a b"', r'OS_PASSWORD=a\ b', "OS_PASSWORD='it'\\''s'", 'OS_PASSWORD="it\'s"',
    'OS_PASSWORD=\'say "hi"\'', r'OS_PASSWORD="say \"hi\""', "OS_PASSWORD=a'b'\"c\"d", "OS_PASSWORD=$'it\\'s'",
    "OS_PASSWORD=$'a\\tb'", r"OS_PASSWORD='a\b'", r'OS_PASSWORD="a\b"', r'OS_PASSWORD="a\\b"', r'OS_PASSWORD=a\\b',
    r'OS_PASSWORD="a\`b"', r'OS_PASSWORD="a\$b"', r'OS_PASSWORD=a\$b', "OS_PASSWORD='$b `c` $(d)'",
    # characters that look special and are none
    'OS_PASSWORD=a=b', 'OS_PASSWORD==', 'OS_PASSWORD=a,b', 'OS_PASSWORD=a#b', 'OS_PASSWORD="a # b"', "OS_PASSWORD='#'",
    'OS_PASSWORD=a!b', 'OS_PASSWORD="a!b"', 'OS_PASSWORD=a{b,c}', 'OS_PASSWORD=*', 'OS_PASSWORD=a$', 'OS_PASSWORD="a$"',
    'OS_PASSWORD=a%b^c@d:e', 'OS_PASSWORD=päß日', 'OS_PASSWORD="a&b|c;d<e>f(g)"', r'OS_PASSWORD=a\&b\;c',
    # comments
    'OS_PASSWORD=a # b', 'OS_PASSWORD=a #\'b', "# don't\nOS_PASSWORD=a", '# goes on \\\nOS_PASSWORD=a', '   # x\nOS_PASSWORD=a',
    # lines that go on
    'export \\\n  OS_PASSWORD=a', 'OS_PASSWORD=a\\\nb', 'OS_PASSWORD="a\\\nb"', 'export OS_PASSWORD=a \\\n OS_USERNAME=b',
    'OS_PASSWORD=a\\\\\nOS_USERNAME=b',
    # variables that the file itself sets
    'HOST=h\nOS_AUTH_URL=http://$HOST:5000/v3', 'HOST=h\nOS_AUTH_URL=http://${HOST}:5000/v3', 'A=a\nB="$A b"\nOS_USERNAME=$B',
    'OS_AUTH_URL=${PROTOCOL:-https}://h/v3', 'P=\nOS_AUTH_URL=${P:-https}://h', 'P=\nOS_USERNAME=${P-x}y', 'OS_USERNAME=${P-x}y',
    'A=1\nOS_USERNAME=${B:-$A}', 'OS_USERNAME="${B:-two words}"', 'OS_USERNAME=a\nOS_PASSWORD=$OS_USERNAME',
    'A=1\nexport A=2 OS_USERNAME=$A', 'A=1\nA=2 OS_USERNAME=$A', 'OS_USERNAME=\'$HOME\'', 'OS_CACERT=$HOME/ca.pem',
    'OS_CACERT=~/ca.pem', 'OS_CACERT="~/ca.pem"', 'export OS_CACERT=~', 'OS_CACERT=~nobody-at-all/x',
    # unset, and what is never called
    'OS_TENANT_ID=x\nunset OS_TENANT_ID', 'unset OS_TENANT_ID',
    'OS_USERNAME=a\nif [ -z "$OS_USERNAME" ]; then unset OS_USERNAME; fi',
    'OS_USERNAME=a\nother() { OS_USERNAME=b; }', 'OS_USERNAME=a\nfunction other {\n export OS_USERNAME=b\n}\n',
    'OS_USERNAME=a\ncall() {\n  OS_CLOUD=x openstack "$@" | less\n}', 'for x in a b; do echo $x; done\nOS_USERNAME=a',
    'case "$1" in\n a) OS_USERNAME=b;;\n *) ;;\nesac\nOS_USERNAME=a', 'while read l; do x=$l; done < /dev/null\nOS_USERNAME=a',
    # here-documents
    'cat <<EOF\nOS_PASSWORD=\'x\nEOF\nOS_USERNAME=a', 'cat <<-"EOF" > /dev/null\n\tOS_PASSWORD=x\n\tEOF\nOS_USERNAME=a',
    "cat <<< OS_PASSWORD=x\nOS_USERNAME=a", 'cat << A << B\nit\'s\nA\n"\nB\nOS_USERNAME=a',
    # commands whose output we do not need
    'X=$(echo "a)" | cat)\nOS_USERNAME=a', 'X=`date`\nOS_USERNAME=a', 'X=$((1+2))\nOS_USERNAME=a', 'X=(a b)\nOS_USERNAME=a',
    'echo "$(echo "quoted")" 2>&1 >/dev/null\nOS_USERNAME=a', '[[ a < b && -n c ]]\nOS_USERNAME=a', 'set -a\nOS_USERNAME=a',
    "PS1='[\\u@\\h \\W(keystone)]\\$ '\nOS_USERNAME=a",
]


@pytest.mark.parametrize('text', AS_BASH)
def test_as_bash_has_it(tmp_path, text):
    assert novarc.parse(text, 'novarc', HOME) == bash(tmp_path, text)


def test_windows_and_byte_order_mark():
    assert novarc.parse('\ufeffexport OS_USERNAME=a\r\nexport OS_PASSWORD="b c"\r\n', 'novarc') == {
        'OS_USERNAME': 'a', 'OS_PASSWORD': 'b c'}


# how operators write any text down
SINGLE = "'{}'".format
STYLES = {
    'single': lambda text: SINGLE(text.replace("'", "'\\''")),
    'double': lambda text: '"' + ''.join('\\' + c if c in '\\"$`' else c for c in text) + '"',
    'backslash': lambda text: ''.join(c if c.isalnum() else '\\' + c for c in text),
    'shlex': shlex.quote,
    'ansi': lambda text: "$'" + text.replace('\\', '\\\\').replace("'", "\\'") + "'",
}
VALUES = st.text(st.sampled_from('aZ09=,$\'"\\#! `;&|<>(){}[]*?~%^@:/-+._äß日\U0001f511\t'), max_size=12) | st.text(
    st.characters(exclude_categories=['Cs', 'Cc']), max_size=12)
LINES = st.tuples(st.sampled_from(['', 'export ', ' export  ']),
                  st.sampled_from(['OS_PASSWORD', 'OS_USERNAME', 'MYSQL_PASSWORD']),
                  VALUES, st.sampled_from(sorted(STYLES)), st.sampled_from(['', ' ', '\t# it\'s "a comment', ';']))


@given(st.lists(LINES, min_size=1, max_size=25))
@settings(max_examples=60)
@example([('export ', 'OS_PASSWORD', "it's $x `y` \\ \"#\" !a=b,c", style, '') for style in sorted(STYLES)])
def test_any_value_in_any_quotes(tmp_path_factory, lines):
    text = ''.join('{}{}={}{}\n'.format(export, name, STYLES[style](value), tail) for export, name, value, style, tail in lines)
    found = novarc.parse(text, 'novarc', HOME)
    assert found == bash(tmp_path_factory.getbasetemp(), text)
    assert found == {name: value for _, name, value, _, _ in lines}


WORDS = st.lists(st.sampled_from([
    'OS_USERNAME=a', 'OS_PASSWORD="b c"', 'export', 'unset', 'OS_PASSWORD', 'X=1', 'OS_USERNAME=$X', '${X:-d}', ';', '\n', '\n',
    '&&', '||',
    'if', 'then', 'else', 'fi', 'true', '# x\n', '\\\n', "'", '"', '(', ')', '{', '}', 'f()', '|', 'OS_TOKEN=$(date)',
    '<<EOF\n', 'EOF\n',
    '`', '$(', 'for', 'do', 'done', 'OS_REGION_NAME=\'One\'']), max_size=14).map(' '.join)


@given(WORDS)
@settings(max_examples=400)
def test_anything_ends_in_values_or_in_one_line(text):
    try:
        found = novarc.parse(text, 'novarc', HOME)
    except UsageError as error:
        assert is_one_line(error)
    else:
        assert all(name.startswith(novarc.KEPT) and isinstance(value, str) for name, value in found.items())


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda data: data.decode('latin-1')))
def test_garbage_ends_in_values_or_in_one_line(text):
    try:
        novarc.parse(text, 'novarc', HOME)
    except UsageError as error:
        assert is_one_line(error)


# what only a shell could know: (text, what the line says). hunter2 and its parts are the secret
SECRET = 'hunter2'
REFUSED = [
    # an open quote swallows the next line
    ("OS_PASSWORD='hunter2\nOS_USERNAME=a", 'novarc, line 1: a quote or bracket of OS_PASSWORD is not closed'),
    ('X=1\nexport OS_PASSWORD="hunter2\nOS_USERNAME=a', 'novarc, line 2: a quote or bracket of OS_PASSWORD is not closed'),
    ("OS_PASSWORD='hunter'2'\nOS_USERNAME='a", 'line 1: OS_PASSWORD has a line break'),
    ("OS_PASSWORD='hunter2\n'", 'line 1: OS_PASSWORD has a line break'),
    ('echo "hunter2', 'line 1: a quote or bracket is not closed'),
    # commands
    ('OS_PASSWORD=$(echo hunter2)', 'line 1: OS_PASSWORD would run a command'),
    ('OS_PASSWORD="`echo hunter2`"', 'line 1: OS_PASSWORD would run a command'),
    ('P=$(juju run hunter2)\nexport OS_PASSWORD=${P}', 'line 2: OS_PASSWORD is made of a variable that a command fills'),
    ('IP=`hunter2`\nURL=http://$IP\nOS_AUTH_URL=$URL/v3', 'line 3: OS_AUTH_URL is made of a variable that a command fills'),
    ('OS_PASSWORD=${hunter2%x}', 'OS_PASSWORD has a ${...} that only a shell understands'),
    ("OS_PASSWORD=$'hunter2\\x41'", "OS_PASSWORD has an escape in $'...'"),
    # variables that nobody set: Horizon asks for the password
    ('read -sr OS_PASSWORD_INPUT\nexport OS_PASSWORD=$OS_PASSWORD_INPUT',
     'OS_PASSWORD is made of a variable that this file does not'),
    ('OS_PASSWORD="${OS_PASSWORD:?}"', 'OS_PASSWORD has a ${...} that only a shell understands'),
    ('OS_PASSWORD="$hunter2"', 'OS_PASSWORD is made of a variable that this file does not set'),
    ('OS_AUTH_URL=http://$KEYSTONE:5000', 'OS_AUTH_URL is made of a variable $KEYSTONE that this file does not set'),
    # a value that ends earlier than its writer thinks
    ('OS_PASSWORD=hunter2 and more', 'line 1: more follows the value of OS_PASSWORD'),
    ('OS_PASSWORD=hunter2&x', 'line 1: more follows the value of OS_PASSWORD'),
    ('export OS_PASSWORD=hunter2|x', 'line 1: more follows the value of OS_PASSWORD'),
    ('OS_PASSWORD=hunter2<x', 'line 1: more follows the value of OS_PASSWORD'),
    ('export OS_PASSWORD=hunter2(x)', 'line 1: more follows the value of OS_PASSWORD'),
    # set under a condition only
    ('if [ "$1" = admin ]; then\n export OS_USERNAME=admin\nelse\n export OS_USERNAME=demo\nfi',
     'line 4: OS_USERNAME is set only under'),
    ('demo() {\n export OS_PASSWORD=hunter2\n}', 'line 2: OS_PASSWORD is set only under a condition or in a function'),
    ('[ -n "$X" ] && OS_PASSWORD=hunter2', 'line 1: OS_PASSWORD is set only under a condition'),
    ('test x || export OS_PASSWORD=hunter2', 'line 1: OS_PASSWORD is set only under a condition'),
    ('$(' * 100000, 'novarc is no file of variables'),
]


@pytest.mark.parametrize('text, says', REFUSED, ids=range(len(REFUSED)))
def test_refused_in_one_line_without_the_secret(text, says):
    with pytest.raises(UsageError) as caught:
        novarc.parse(text, 'novarc')
    assert says in str(caught.value)
    assert SECRET not in str(caught.value)
    assert is_one_line(caught.value)


@pytest.mark.parametrize('text, value', [
    ('OS_PASSWORD="pa$word"', 'pa$word'),           # bash would make it "pa": nobody means that
    ('OS_PASSWORD=pa$word$', 'pa$word$'),
    ('OS_PASSWORD=a$1b', 'a$1b'),
    ('MYSQL_PASSWORD="a$b"', 'a$b'),
])
def test_a_dollar_in_the_middle_of_a_password_stays(text, value):
    assert list(novarc.parse(text, 'novarc').values()) == [value]


@pytest.mark.parametrize('text', [
    'export OS_TOKEN=$(openstack token issue)', 'token() { export OS_TOKEN=x; }', 'OS_TOKEN=a b c', 'export OS_THING=$NOWHERE',
    'OS_PS=${x%y}', "OS_NOTE=$'\\x41'"])
def test_variables_that_nobody_reads_are_nobodys_business(text):
    found = novarc.parse(text + '\nOS_USERNAME=a', 'novarc')
    assert found.pop('OS_USERNAME') == 'a'


HORIZON = '''#!/usr/bin/env bash
# To use an OpenStack cloud you need to authenticate against the Identity
# service named keystone. It's the **catalog**.
export OS_AUTH_URL=https://keystone.example:5000/v3/
export OS_PROJECT_ID=6b4f
export OS_PROJECT_NAME="admin"
export OS_USER_DOMAIN_NAME="Default"
if [ -z "$OS_USER_DOMAIN_NAME" ]; then unset OS_USER_DOMAIN_NAME; fi
export OS_PROJECT_DOMAIN_ID="default"
if [ -z "$OS_PROJECT_DOMAIN_ID" ]; then unset OS_PROJECT_DOMAIN_ID; fi
# unset v2.0 items in case set
unset OS_TENANT_ID
unset OS_TENANT_NAME
export OS_USERNAME="admin"
# With Keystone you pass the keystone password.
echo "Please enter your OpenStack Password for project $OS_PROJECT_NAME as user $OS_USERNAME: "
{}
export OS_REGION_NAME="RegionOne"
if [ -z "$OS_REGION_NAME" ]; then unset OS_REGION_NAME; fi
export OS_INTERFACE=public
export OS_IDENTITY_API_VERSION=3
'''


def test_horizons_file(tmp_path):
    asks = HORIZON.format('read -sr OS_PASSWORD_INPUT\nexport OS_PASSWORD=$OS_PASSWORD_INPUT')
    with pytest.raises(UsageError) as caught:
        novarc.parse(asks, 'novarc')
    assert str(caught.value) == ('novarc, line 18: OS_PASSWORD is made of a variable that this file does not set: '
                                 'write the value itself, in single quotes')
    answered = HORIZON.format("export OS_PASSWORD='x y'")
    assert novarc.parse(answered, 'novarc') == bash(tmp_path, answered)


def test_time_does_not_explode():
    text = 'export OS_PASSWORD="' + '\\"$a' * 5000 + '"\n' + '# don\'t\n' * 5000 + "OS_USERNAME='a'\n" * 1000
    assert novarc.parse(text, 'novarc')['OS_USERNAME'] == 'a'
