"""Holds the style of docs and code: prints "PASS rule" or "FAIL rule" with every place, one rule a test.

    tidy.py [RULE ...]     all rules, or those named; run from anywhere

A rule is a function of this file's RULES that yields one sentence per violation. Only files that git knows or would add
are looked at.
"""

import os
import re
import subprocess
import sys

import cpp

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
FUNCTION_LINES, SOURCE_LINES, HEADER_LINES, MAIN_LINES = 70, 400, 250, 60
SHARED_DOMAINS = ("history", "stats", "learn", "nn", "text")
INCLUDE_ROOTS = ("libs/", "services/", "tests/", "bench/")
GENERATED_ROOTS = ("kontor/", "google/")
INSTALLED_ROOTS = ("absl/", "benchmark/", "boost/", "curl/", "gmock/", "grpcpp/", "gtest/", "hiredis/", "librdkafka/", "nlohmann/", "openssl/",
                   "pqxx/", "prometheus/", "rapidcheck/", "spdlog/", "Eigen/")
ADAPTERS = ("libs/platform/", "libs/domain/nn/", "libs/testing/")
TEST_FILE = re.compile(r"_(test|pgtest|redistest|kafkatest|ostest)\.cc$|/testdata/|^tests/.*\.(cc|h)$")
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
MACHINE = re.compile(r"(?<![\w.$}/-])/(?:work|root)/|registry\.npmjs|pypi\.org|pythonhosted\.org|repo\.maven|proxy\.golang|crates\.io|docker\.io")
TEXT_SUFFIXES = (".cc", ".h", ".proto", ".sql", ".md", ".txt", ".py", ".sh", ".json", ".yaml", ".yml", ".cmake", "kontor",
                 "Dockerfile", ".ci/run")


def all_files():
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode == 0:
        return sorted(path for path in set(listed.stdout.splitlines()) if os.path.isfile(os.path.join(ROOT, path)))
    found = []
    for folder, subfolders, names in os.walk(ROOT):  # a copy without git, as in a container
        subfolders[:] = [name for name in subfolders if name not in ("var", "build", ".git", "node_modules", "__pycache__")]
        found += [os.path.relpath(os.path.join(folder, name), ROOT) for name in names]
    return sorted(found)


FILES = all_files()
CPP = [path for path in FILES if path.endswith((".cc", ".h"))]
CACHE = {}


def read(path):
    if path not in CACHE:
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            CACHE[path] = file.read()
    return CACHE[path]


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def matches(paths, pattern, prepare=lambda text: text):
    for path in paths:
        text = prepare(read(path))
        for match in pattern.finditer(text):
            yield f"{path}:{line_of(text, match.start())}: {match.group().strip()}"


def function_length():
    for path in CPP:
        for begin, end in cpp.functions(read(path)):
            if end - begin + 1 > FUNCTION_LINES:
                yield f"{path}:{begin}: a function of {end - begin + 1} lines; {FUNCTION_LINES} is the cap"


def file_length():
    for path in CPP:
        lines = read(path).count("\n")
        name = os.path.basename(path)
        cap = MAIN_LINES if name == "main.cc" else SOURCE_LINES if name.endswith(".cc") else HEADER_LINES
        if lines > cap:
            yield f"{path}: {lines} lines; {cap} is the cap"


def folder_readme():
    folders = {os.path.dirname(path) for path in CPP if re.match(r"(libs|services)/", path) and "/testdata/" not in path}
    for folder in sorted(folders):
        if f"{folder}/README.md" not in FILES:
            yield f"{folder}: has no README.md"


def include_paths():
    for path in CPP:
        for line, quoted, target in cpp.includes(read(path)):
            if not quoted or target.startswith(GENERATED_ROOTS + INSTALLED_ROOTS):
                continue
            if not target.startswith(INCLUDE_ROOTS):
                yield f'{path}:{line}: "{target}" is not a path from the repository\'s root'
            elif re.search(r"/(\w+_)?migrations\.h$", target):
                continue  # made from the folder's schema by kontor_embed_sql
            elif target not in FILES and re.sub(r"(\.grpc)?\.pb\.h$", ".proto", target) not in FILES:
                yield f'{path}:{line}: "{target}" does not exist'


def layers():
    for path in CPP:
        for line, quoted, target in cpp.includes(read(path)):
            if quoted and not target.startswith(INSTALLED_ROOTS) and not may_include(path, target):
                yield f'{path}:{line}: may not include "{target}" (docs/architecture.md, Layers)'


def may_include(path, target):
    if path.startswith(("tests/", "bench/")):
        return True
    source, unit = path.split("/")[:-1], target.split("/")[:-1]
    if target.startswith(GENERATED_ROOTS):
        return source[0] == "services" or source[:2] in (["libs", "platform"], ["libs", "testing"])
    if source == unit or unit[:2] == ["libs", "base"]:
        return True
    if unit[0] == "services":
        return source[0] == "services" and (source[1] == unit[1] or source[1] in ("all", "kontorctl"))
    if unit[0] != "libs":
        return False
    if source[0] == "services" or source[:2] == ["libs", "testing"]:
        return True
    if unit[:2] == ["libs", "testing"]:
        return bool(TEST_FILE.search(path) or path.endswith("_bench.cc"))
    if source[:2] == ["libs", "domain"]:
        return unit[:2] == ["libs", "domain"] and (source[:3] == unit[:3] or unit[2] in SHARED_DOMAINS)
    return source[:2] == ["libs", "platform"] and unit[:2] == ["libs", "platform"]


def nothing_unfinished():
    return matches([path for path in FILES if path.endswith(TEXT_SUFFIXES)], UNFINISHED)


def catch_all():
    for path in CPP:
        if path.startswith(ADAPTERS):
            continue
        code = cpp.code_only(read(path))
        for match in re.finditer(r"catch\s*\(\s*\.\.\.\s*\)\s*\{([^{}]*)\}?", code):
            if not re.search(r"\bthrow\s*;", match.group(1)):
                yield f"{path}:{line_of(code, match.start())}: swallows every exception; rethrow, or catch at the adapter's edge"


def no_sleep_in_tests():
    """A test that sleeps says on the line what it waits for that no event tells: the pause of a bounded poll, a deadline."""
    sleep = re.compile(r"\b(sleep_for|sleep_until|SleepFor|usleep|nanosleep)\b")
    for path in (path for path in CPP if TEST_FILE.search(path)):
        for number, line in enumerate(read(path).split("\n"), 1):
            if sleep.search(line.split("//")[0]) and "//" not in line:
                yield f"{path}:{number}: sleeps without a reason behind //"


def no_machine_paths():
    return matches([path for path in FILES if path.endswith(TEXT_SUFFIXES)], MACHINE)


def torch_stays_in_nn():
    for path in CPP:
        for line, _, target in cpp.includes(read(path)):
            if target.startswith(("torch/", "ATen/", "c10/")) and not path.startswith("libs/domain/nn/"):
                yield f"{path}:{line}: includes {target}; only libs/domain/nn may"


def house_mutex():
    """base::Mutex is the one lock; only its own header may name what it wraps."""
    paths = [path for path in CPP if path != "libs/base/mutex.h"]
    return matches(paths, re.compile(r"\bstd::shared_(timed_)?mutex\b|\babsl::Mutex\b"), cpp.code_only)


def markdown_links():
    for path in (path for path in FILES if path.endswith(".md")):
        text = re.sub(r"```.*?```", lambda m: "\n" * m.group().count("\n"), read(path), flags=re.DOTALL)
        text = re.sub(r"`[^`\n]*`", "", text)
        for match in re.finditer(r"\]\(([^()\s]+)\)", text):
            if problem := broken_link(path, match.group(1)):
                yield f"{path}:{line_of(text, match.start())}: {problem}"


def broken_link(path, link):
    if re.match(r"[a-z]+:", link):
        return None
    target, _, anchor = link.partition("#")
    target = os.path.normpath(os.path.join(os.path.dirname(path), target)) if target else path
    if not os.path.exists(os.path.join(ROOT, target)):
        return f"links to {link}, which does not exist"
    if anchor and target.endswith(".md") and anchor not in anchors(target):
        return f"links to {link}, but {target} has no such heading"
    return None


def anchors(path):
    for heading in re.findall(r"^#+ +(.+)$", read(path), re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


RULES = (function_length, file_length, folder_readme, include_paths, layers, nothing_unfinished, catch_all,
         no_sleep_in_tests, no_machine_paths, torch_stays_in_nn, house_mutex, markdown_links)


def main(names):
    known = {rule.__name__: rule for rule in RULES}
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"tidy.py: no rule {unknown[0]}; there are {', '.join(known)}")
    failed = False
    for name in names or known:
        problems = list(known[name]())
        failed |= bool(problems)
        print(f"{'FAIL' if problems else 'PASS'} {name}")
        print("".join(f"    {problem}\n" for problem in problems), end="")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
