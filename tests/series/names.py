"""Names in a syntax tree: what they are called, and what they hold as far as their scope tells.

The guess of subset.py: a name counts as a path, as bytes or as a binary file only when every value that its scope
gives it is one.
"""

import ast
import collections

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
OPENERS = ('open', 'io.open', 'os.fdopen')                      # mode is the second argument
PATH_MAKERS = ('Path', 'PurePath', 'PosixPath', 'Path.cwd', 'Path.home')
PATH_METHODS = ('absolute', 'expanduser', 'joinpath', 'relative_to', 'resolve', 'with_name', 'with_suffix')
PATH_LISTS = ('glob', 'iterdir', 'rglob')
BYTES_CALLS = ('bytes', 'bytearray', 'os.read', 'base64.b64decode')
BYTES_METHODS = ('encode', 'tobytes')
TEXT_KEYWORDS = ('universal_newlines', 'encoding', 'text')


def scopes(scope, outer=None):
    """Yield (nodes, Known) for the module and for each function in it."""
    nodes, functions, rest = [], [], list(ast.iter_child_nodes(scope))
    while rest:
        node = rest.pop()
        nodes.append(node)
        if isinstance(node, FUNCTIONS):
            functions.append(node)
        else:
            rest.extend(ast.iter_child_nodes(node))
    # What self.x holds is often said in one method and used in another: the module knows all of these.
    known = Known(nodes, outer or Known(ast.walk(scope), None))
    yield nodes, known
    for function in functions:
        yield from scopes(function, known)


class Known:
    """What the names of one scope hold, as far as all its assignments tell: paths, bytes, binary files."""

    def __init__(self, nodes, outer):
        self.outer = outer
        self.values = collections.defaultdict(list)     # name: what is assigned to it; None for what is not known
        for node in nodes:
            for target, value in bindings(node):
                name = dotted(target)
                if name and (outer or '.' in name):
                    self.values[name].append(value)

    def holds(self, node, question):
        """Whether the name that node is was given only values for which the question holds."""
        name = dotted(node)
        if name not in self.values:
            return bool(name) and self.outer is not None and question(self.outer, node)
        values = self.values.pop(name)                  # x = x / 'a' asks for x again
        try:
            return all(value is not None and question(self, value) for value in values)
        finally:
            self.values[name] = values

    def is_path(self, node):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            return is_string(node.left) or is_string(node.right) or self.is_path(node.left)
        if isinstance(node, ast.Call):
            name = dotted(node.func)
            if name in PATH_MAKERS or name.startswith('pathlib.'):
                return True
            return last(node.func) in PATH_METHODS and self.is_path(getattr(node.func, 'value', None))
        if isinstance(node, ast.Attribute) and node.attr == 'parent':
            return self.is_path(node.value)
        return self.holds(node, Known.is_path)

    def is_bytes(self, node):
        if isinstance(node, ast.Constant):
            return isinstance(node.value, bytes)
        if isinstance(node, ast.Call):
            name = dotted(node.func)
            if name in BYTES_CALLS or last(node.func) in BYTES_METHODS:
                return True
            if name == 'subprocess.check_output':
                return not any(keyword.arg in TEXT_KEYWORDS for keyword in node.keywords)
            return last(node.func) in ('read', 'readline') and isinstance(node.func, ast.Attribute) \
                and self.is_binary_file(node.func.value)
        if isinstance(node, ast.Attribute) and node.attr == 'content':      # a requests response
            return True
        return self.holds(node, Known.is_bytes)

    def is_binary_file(self, node):
        if isinstance(node, ast.Call):
            mode = argument(node, 1, 'mode')
            binary = isinstance(mode, ast.Constant) and 'b' in str(mode.value)
            return binary if dotted(node.func) in OPENERS else last(node.func) == 'urlopen'
        if dotted(node) in ('sys.stdin.buffer', 'self.rfile'):
            return True
        return self.holds(node, Known.is_binary_file)


def bindings(node):
    """Yield (target, value) for what the node assigns."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            names, values = getattr(target, 'elts', []), getattr(node.value, 'elts', [])
            yield target, node.value
            yield from zip(names, values if len(values) == len(names) else [None] * len(names))
    elif isinstance(node, (ast.With, ast.AsyncWith)):
        yield from ((item.optional_vars, item.context_expr) for item in node.items if item.optional_vars)
    elif isinstance(node, (ast.For, ast.comprehension)):
        listed = last(getattr(node.iter, 'func', None)) in PATH_LISTS and getattr(node.iter.func, 'value', None)
        yield node.target, ast.Attribute(listed, 'parent') if listed else None      # as much a path as the folder
    elif isinstance(node, ast.arg):
        yield node, ast.Call(node.annotation, [], []) if node.annotation else None


def is_string(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def argument(call, position, name):
    """Return the call's argument, given by position or by name, or None."""
    if len(call.args) > position:
        return call.args[position]
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def dotted(node):
    """Return 'a.b.c' for a plain chain of names, 'a.b()' for a call of one, else ''."""
    if isinstance(node, ast.Call):
        return dotted(node.func) and dotted(node.func) + '()'
    if isinstance(node, ast.Attribute):
        return dotted(node.value) and '{}.{}'.format(dotted(node.value), node.attr)
    return getattr(node, 'id', getattr(node, 'arg', ''))


def last(node):
    """Return the last name of an expression that ends in one, else ''."""
    return getattr(node, 'attr', getattr(node, 'id', ''))
