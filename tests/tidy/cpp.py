"""Just enough of C++ for the tidy rules: text without comments and literals, includes, and where functions begin and end."""

import re

TOKEN = re.compile(
    r'(?P<raw>\b(?:u8|[uUL])?R"(?P<delimiter>[^\s()\\]{0,16})\(.*?\)(?P=delimiter)")'
    r'|(?P<string>"(?:\\.|[^"\\\n])*")'
    r"|(?P<number>\b\d[\w.']*)"
    r"|(?P<char>'(?:\\.|[^'\\\n])+')"
    r"|(?P<comment>//[^\n]*|/\*.*?\*/)", re.DOTALL)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
PREPROCESSOR = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
SCOPE = re.compile(r'\bnamespace\b|\bextern\s*""')
TYPE = re.compile(r"\b(?:class|struct|union|enum)\b")


def blank(match):
    """The same number of lines, and a trace of a literal so that an expression stays one."""
    lines = "\n" * match.group().count("\n")
    if match.group("number"):
        return "0"
    return lines if match.group("comment") else '""' + lines


def code_only(text):
    return TOKEN.sub(blank, text)


def without_comments(text):
    return TOKEN.sub(lambda match: blank(match) if match.group("comment") else match.group(), text)


def includes(text):
    """(line, quoted or angled, path) of every include."""
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match.group(1) == '"', match.group(2)


def functions(text):
    """(first line, last line) of every function body outside other functions, its signature included.

    A brace block at namespace or class scope is a function unless its head says namespace, type or initializer.
    """
    code = PREPROCESSOR.sub(lambda m: "\n" * m.group().count("\n"), code_only(text))
    kinds, head, head_line, line = [], "", 1, 1
    for character in code:
        if character == "\n":
            line += 1
        inside = "function" in kinds or "data" in kinds
        if character == "{":
            kind = "inner" if inside else block_kind(head)
            kinds.append(kind)
            if kind in ("function", "data"):
                begin = head_line
            head = ""
        elif character == "}" and kinds:
            if kinds.pop() == "function":
                yield begin, line
            head = ""
        elif character == ";" and not inside:
            head = ""
        elif not inside:
            if not head.strip():
                head_line = line
            head += character


def block_kind(head):
    if SCOPE.search(head):
        return "scope"
    if "(" not in head:
        if TYPE.search(head):
            return "scope"
        return "data" if "=" in head else "function"
    if TYPE.search(head.split("(")[0]) and "template" not in head and head.rstrip()[-1:] != ")":
        return "scope"  # struct alignas(64) Name { … }
    return "function"
