"""What tests/tidy/cpp.py understands of C++: prints "PASS name" or "FAIL name"."""

import sys

import cpp

SOURCE = '''#include <map>
#include "libs/base/clock.h"
namespace a {
namespace {
constexpr int kTable[] = {
  1, 2,
};
}  // namespace { not a brace
class B : public C<int(void)> {
 public:
  B() : x_{1}, y_(2) {
    x_ = '{';
  }
  int x() const { return x_; }
  struct alignas(64) D {
    int e = 1'000'000;
  };
};
auto text = R"sql(
  SELECT '{' FROM t;
)sql";
template <class T>
T Long(T t) {
  if (t) {
    return [] { return 1; }();
  }
  return {};
}
#define MACRO(x) do { \\
  x; } while (0
TEST(A, B) {
}
}  // namespace a
'''


def functions_are_found():
    # the initializer x_{1} and the rest of its constructor; x(); Long; TEST
    spans = list(cpp.functions(SOURCE))
    assert (14, 14) in spans and (22, 28) in spans and (31, 32) in spans, spans
    assert any(end == 13 for _, end in spans), spans
    assert all(end - begin < 8 for begin, end in spans), spans


def includes_are_found():
    assert list(cpp.includes(SOURCE)) == [(1, False, "map"), (2, True, "libs/base/clock.h")]


def literals_and_comments_are_blanked():
    assert cpp.code_only('a = "{ // x"; // }\nb = \'}\';').split() == ["a", "=", '"";', "b", "=", '"";']
    assert cpp.code_only(SOURCE).count("\n") == SOURCE.count("\n")


def a_long_function_is_measured():
    body = "\n".join("  F();" for _ in range(69))
    assert list(cpp.functions("void G(int a,\n       int b) {\n" + body + "\n}\n")) == [(1, 72)]


def main():
    failed = False
    for check in (functions_are_found, includes_are_found, literals_and_comments_are_blanked, a_long_function_is_measured):
        try:
            check()
            print(f"PASS cpp_{check.__name__}")
        except AssertionError as problem:
            failed = True
            print(f"FAIL cpp_{check.__name__}\n    {problem}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
